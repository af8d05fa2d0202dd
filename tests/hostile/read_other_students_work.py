# right: forbidden | behind the look: forbidden
# ruff: noqa
import os

os.listdir("..")


class ThinkingServer:
    pass
