# right: forbidden | behind the look: forbidden
# ruff: noqa
import ctypes

ctypes.CDLL(None).ptrace(0, 0, 0, 0)


class ThinkingServer:
    pass
