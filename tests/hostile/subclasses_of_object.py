# right: forbidden | behind the look: failed
# ruff: noqa
FOUND = ().__class__.__base__.__subclasses__()


class ThinkingServer:
    pass
