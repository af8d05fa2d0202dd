# right: forbidden | behind the look: forbidden
# ruff: noqa
from pathlib import Path

for folder in Path(__import__("lesson_kit").__file__).parents:
    list(folder.glob("solutions/*"))


class ThinkingServer:
    pass
