# right: crashed
# ruff: noqa
raise KeyboardInterrupt


class ThinkingServer:
    pass
