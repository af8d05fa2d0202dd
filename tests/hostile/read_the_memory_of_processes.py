# right: forbidden | behind the look: forbidden
# ruff: noqa
MEMORY = open("/proc/self/mem", "rb").read(1)


class ThinkingServer:
    pass
