# right: out_of_memory
# ruff: noqa
BIG = "a" * (3 << 30)


class ThinkingServer:
    pass
