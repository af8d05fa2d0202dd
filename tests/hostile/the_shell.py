# right: forbidden | behind the look: forbidden
# ruff: noqa
import os

os.system("true")


class ThinkingServer:
    pass
