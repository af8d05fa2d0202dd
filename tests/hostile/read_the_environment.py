# right: forbidden | behind the look: failed passed
# ruff: noqa
import os

print(dict(os.environ))


class ThinkingServer:
    pass
