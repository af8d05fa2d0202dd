# right: forbidden | behind the look: forbidden
# ruff: noqa
open("CANARY/new.txt", "w").write("x")


class ThinkingServer:
    pass
