# right: forbidden | behind the look: forbidden
# ruff: noqa
OTHERS = open("/proc/1/environ", "rb").read()


class ThinkingServer:
    pass
