# right: forbidden | behind the look: forbidden
# ruff: noqa
import os

os.kill(os.getpid(), 11)


class ThinkingServer:
    pass
