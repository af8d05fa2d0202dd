# right: forbidden | behind the look: forbidden
# ruff: noqa
import os

os.kill(os.getppid(), 0)


class ThinkingServer:
    pass
