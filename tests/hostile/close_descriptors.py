# right: forbidden | behind the look: crashed
# ruff: noqa
import os

os.closerange(0, 300)


class ThinkingServer:
    pass
