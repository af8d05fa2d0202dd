# right: forbidden | behind the look: forbidden
# ruff: noqa
CHECKS = open("ROOT/exercises/checks/ex03_thinking_indicator.py").read()


class ThinkingServer:
    pass
