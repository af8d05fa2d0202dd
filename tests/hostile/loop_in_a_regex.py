# right: timeout
# ruff: noqa
import re

FOUND = re.match(r"(a+)+$", "a" * 40 + "b")


class ThinkingServer:
    pass
