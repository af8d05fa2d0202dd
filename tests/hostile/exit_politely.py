# right: forbidden | behind the look: crashed
# ruff: noqa
import sys

sys.exit(0)


class ThinkingServer:
    pass
