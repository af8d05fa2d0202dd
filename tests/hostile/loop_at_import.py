# right: timeout
# ruff: noqa
while True:
    pass


class ThinkingServer:
    pass
