# right: forbidden | behind the look: crashed
# ruff: noqa
import os

os._exit(0)


class ThinkingServer:
    pass
