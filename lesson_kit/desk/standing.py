"""Where a student stands: every exercise with its points and tries, and which one comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..logbook import Entry
from .sheet import Line, Sheet, element

if TYPE_CHECKING:
    from ..grader.exercise import Exercise

__all__ = ["Row", "Standing", "rows_of"]

HEADS = ("Exercise", "State", "Points", "Tries", "Hints")


@dataclass(frozen=True)
class Row:
    """One exercise as the student left it."""

    name: str
    title: str
    max_score: float
    entry: Entry

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    @property
    def state(self) -> str:
        if self.entry.passed:
            return "✓ done"
        return "… started" if self.entry.started else "○ not yet"

    @property
    def cells(self) -> tuple[str, ...]:
        best = min(self.entry.best, self.max_score)  # a check file may have changed since
        return (
            f"{self.number} {self.title}",
            self.state,
            f"{best:g} of {self.max_score:g}",
            f"{self.entry.tries}",
            f"{self.entry.hints}",
        )


def rows_of(exercises: Mapping[str, Exercise], entries: Mapping[str, Entry]) -> list[Row]:
    """Put exercises and logbook together, in the course's order."""
    return [
        Row(name, exercise.title, exercise.max_score, entries.get(name, Entry()))
        for name, exercise in sorted(exercises.items())
    ]


@dataclass(frozen=True, repr=False)
class Standing(Sheet):
    """The page of progress."""

    rows: tuple[Row, ...]
    trouble: str = ""

    @property
    def label(self) -> str:
        return "Your progress"

    @property
    def next(self) -> Row | None:
        """The first exercise that is not done; None when all are."""
        return next((row for row in self.rows if not row.entry.passed), None)

    @property
    def summary(self) -> str:
        done = sum(row.entry.passed for row in self.rows)
        points = sum(min(row.entry.best, row.max_score) for row in self.rows)
        whole = sum(row.max_score for row in self.rows)
        return f"{done} of {len(self.rows)} exercises done, {points:g} of {whole:g} points."

    @property
    def what_next(self) -> str:
        if self.next is None:
            return "All exercises are done." if self.rows else "There are no exercises here yet."
        return f"Next: {self.next.number} {self.next.title}. Open exercises/{self.next.name}.ipynb."

    def lines(self) -> Iterator[Line]:
        yield Line(self.summary, "strong")
        table = [HEADS, *(row.cells for row in self.rows)]
        widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
        for place, cells in enumerate(table):
            told = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            done = place > 0 and self.rows[place - 1].entry.passed
            yield Line(f"  {told}".rstrip(), "quiet" if place == 0 else "good" if done else "")
        yield Line(self.what_next)
        if self.trouble:
            yield Line(self.trouble, "bad")

    def body(self) -> str:
        heads = element("tr", *(_head(head, "col") for head in HEADS))
        rows = (element("tr", _head(row.cells[0], "row"), *_cells(row)) for row in self.rows)
        table = element(
            "table",
            element("caption", text="Exercises"),
            element("thead", heads),
            element("tbody", *rows),
        )
        trouble = element("p", text=self.trouble) if self.trouble else ""
        return "".join(
            (
                element("p", element("strong", text=self.summary)),
                element("div", table, kind="scroll"),
                element("p", text=self.what_next),
                trouble,
            )
        )

    def as_json(self) -> dict[str, Any]:
        """Give the page as plain JSON."""
        return {
            "exercises": [
                {
                    "exercise": row.name, "title": row.title, "passed": row.entry.passed, "points": row.entry.best,
                    "max_points": row.max_score, "attempts": row.entry.attempts, "tries": row.entry.tries,
                    "hints": row.entry.hints, "solution_opened": row.entry.solution_opened,
                }
                for row in self.rows
            ],
            "next": self.next.name if self.next else None,
        }  # fmt: skip


def _cells(row: Row) -> Iterator[str]:
    _, state, *figures = row.cells
    yield element("td", text=state, kind="good" if row.entry.passed else "")
    yield from (element("td", text=figure) for figure in figures)


def _head(text: str, scope: str) -> str:
    cell = element("th", text=text)
    return cell.replace("<th>", f'<th scope="{scope}">', 1)
