# right: crashed
# ruff: noqa
raise SystemExit(0)


class ThinkingServer:
    pass
