# right: timeout
# ruff: noqa
while True:
    try:
        while True:
            pass
    except BaseException:
        pass


class ThinkingServer:
    pass
