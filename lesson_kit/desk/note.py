"""A note: a few sentences for the student, with code where it helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .sheet import Line, Sheet, Tone, element, prose

__all__ = ["Note"]


@dataclass(frozen=True, repr=False)
class Note(Sheet):
    """`title` names the thing in one line, `text` are its paragraphs, `code` stands as it is between them."""

    title: str
    text: tuple[str, ...] = ()
    code: str = ""
    after: tuple[str, ...] = ()
    tone: Tone = "strong"
    done: bool = True
    """Whether what was asked for was given: a solution that stays closed was not."""

    @property
    def label(self) -> str:
        return self.title

    def lines(self) -> Iterator[Line]:
        yield Line(self.title, self.tone)
        for paragraph in self.text:
            yield Line(paragraph)
        if self.code:
            yield from (Line(line) for line in ("", *self.code.rstrip().split("\n"), ""))
        for paragraph in self.after:
            yield Line(paragraph)

    def body(self) -> str:
        kind = self.tone if self.tone in ("good", "bad") else ""
        code = element("pre", element("code", text=self.code)) if self.code else ""
        return "".join(
            (
                element("p", element("strong", text=self.title), kind=kind),
                *(element("p", prose(paragraph)) for paragraph in self.text),
                code,
                *(element("p", prose(paragraph)) for paragraph in self.after),
            )
        )
