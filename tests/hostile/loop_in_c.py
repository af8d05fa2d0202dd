# right: timeout
# ruff: noqa
TOTAL = sum(range(10**12))


class ThinkingServer:
    pass
