# right: failed
# ruff: noqa
class ThinkingServer:
    pass


class Odd(type):
    def __call__(cls, *args):
        return cls

    def __getattr__(cls, name):
        return cls


class ThinkingServer(metaclass=Odd):  # noqa: F811
    pass
