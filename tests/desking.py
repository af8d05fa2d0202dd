"""A desk whose judge runs nothing, and a reader of what it hands out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from lesson_kit.desk import Card, Desk
from lesson_kit.desk.cells import answer_in_file
from lesson_kit.desk.sheet import Sheet
from lesson_kit.logbook import Logbook
from tests.course import NAME, a_course, an_exercise, judged

WRONG = "def count(limit):\n    yield from range(limit + 1)  # <b>&\n"


def a_desk(folder: Path) -> Desk:
    shelf = a_course(folder)
    exercises = {name: an_exercise(name) for name in (NAME, "ex02_next")}
    book = Logbook(folder / ".lesson_kit" / "progress.sqlite")
    return Desk(exercises, book, shelf, judged)  # type: ignore[arg-type]


def check(desk: Desk, source: str) -> Card:
    return desk.check(NAME, answer_in_file("In [3]", source))


def words(sheet: Sheet) -> str:
    """What a reader without any style reads."""
    reader = Reader()
    reader.feed(sheet._repr_html_())
    assert not reader.open, "every element is closed"
    return re.sub(r"\s+", " ", " ".join(reader.said))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said.append(data)
