# right: failed
# ruff: noqa
class ThinkingServer:
    pass


ThinkingServer = 5
