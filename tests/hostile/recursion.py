# right: failed
# ruff: noqa
def deeper():
    return deeper()


deeper()


class ThinkingServer:
    pass
