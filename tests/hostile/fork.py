# right: forbidden | behind the look: forbidden
# ruff: noqa
import os

if os.fork() == 0:
    os._exit(0)


class ThinkingServer:
    pass
