"""The card of one Check: what was asked for, what was seen, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..grader.result import CheckResult, Result
from .cells import Found
from .sheet import Line, Sheet, Tone, element, prose, safe
from .signs import SIGNS

if TYPE_CHECKING:
    from ..recording import Recording

__all__ = ["Card"]


class Fact(NamedTuple):
    """A named line about a check; `code` marks words of the student's own source."""

    name: str
    words: str
    code: str = ""


@dataclass(frozen=True, repr=False)
class Card(Sheet):
    """One result as a student reads it. On a notebook the player of the failing run stands below it.

    `notes` are what concerns the answer as a whole: what to do next, or what went wrong beside it. The card of a passed
    answer holds nothing that differs from run to run.
    """

    name: str
    """The exercise as a heading: "ex03 Show that the model thinks"."""
    result: Result
    found: Found
    notes: tuple[str, ...] = ()
    recordings: Mapping[str, Recording] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.result.checks) and self.result.status == "passed"

    @property
    def label(self) -> str:
        return f"Result of {self.name}"

    @property
    def verdict(self) -> str:
        points = f"{self.result.score:g} of {self.result.max_score:g} points"
        if self.passed:
            return f"✓ Passed: {points}."
        if self.result.status == "grader_error":
            return f"! The check itself broke: {points} so far. This is our fault, not yours."
        return f"✗ Not passed yet: {points}."

    def lines(self) -> Iterator[Line]:
        yield Line(self.name, "quiet")
        yield Line(self.verdict, "good" if self.passed else "bad")
        if self._message:
            yield Line(self._message)
        for check, facts in self._reasons():
            sign = SIGNS[check.status]
            yield Line(
                f"  {sign.mark} {sign.word:14} {safe(check.name)} ({_points(check)})", sign.tone
            )
            for fact in facts:
                code = f"  {safe(fact.code)}" if fact.code else ""
                tone: Tone = "strong" if fact.name == "Next step" else ""
                yield Line(f"      {fact.name + ':':10} {safe(fact.words)}{code}", tone)
        for note in self.notes:
            yield Line(safe(note))

    def body(self) -> str:
        tone = "good" if self.passed else "bad"
        message = element("p", prose(self._message)) if self._message else ""
        checks = element("ul", *self._items(), kind="checks")
        notes = (element("p", prose(note)) for note in self.notes)
        return "".join(
            (
                element("p", text=self.name, kind="title"),
                element("p", text=self.verdict, kind=tone),
                message,
                checks,
                *notes,
            )
        )

    def _items(self) -> Iterator[str]:
        """The checks; the first that failed lies open, the others open on a click: one thing to mend at a time."""
        first = True
        for check, facts in self._reasons():
            sign = SIGNS[check.status]
            head = (
                element("span", text=f"{sign.mark} {sign.word}", kind=f"status lkd-{sign.tone}"),
                element("span", text=f" {check.name} "),
                element("span", text=f"({_points(check)})", kind="quiet"),
            )
            if not facts:
                yield element("li", *head)
            elif facts[0].name == "Reason":
                yield element("li", *head, element("span", text=f" {facts[0].words}", kind="quiet"))
            elif first:
                yield element("li", *head, _listed(facts))
                first = False
            else:
                yield element("li", element("details", element("summary", *head), _listed(facts)))

    def _reasons(self) -> Iterator[tuple[CheckResult, list[Fact]]]:
        """The checks with what is told of them; the same reason is told once, for often one fault costs many checks."""
        before: set[tuple[str, ...]] = set()
        for check in self.result.checks:
            reason = (check.status, check.expected, check.seen, check.next_step)
            if check.status not in ("passed", "not_reached") and reason in before:
                yield check, [Fact("Reason", "The same as above.")]
            else:
                yield check, list(self._facts(check))
            before.add(reason)

    @property
    def _message(self) -> str:
        told = self.result.message
        # The first check that failed says it too, with the line.
        said = self.passed or any(told in check.seen for check in self.result.checks)
        return "" if said else safe(told)

    def _facts(self, check: CheckResult) -> Iterator[Fact]:
        if check.status == "passed":
            return
        for name, words in (("Expected", check.expected), ("Seen", check.seen)):
            if words:
                yield Fact(name, words)
        # What was seen may quote the line already; of several cells it cannot know which one.
        quoted = len(self.found.parts) == 1 and re.search(rf"Line {check.line}\b", check.seen)
        if check.line is not None and not quoted:
            place, code = self.found.place(check.line)
            if place:
                yield Fact("Where", place, code)
        if check.pitfall and (known := _pitfall(check.pitfall)):
            yield Fact("Why", known)
        if check.next_step:
            yield Fact("Next step", check.next_step)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        told = {"text/plain": str(self), "text/html": self._repr_html_()}
        display(told, raw=True)  # type: ignore[no-untyped-call]
        if self.recordings and not self.passed:
            for shown in self._replay():
                display(shown)  # type: ignore[no-untyped-call]

    def _replay(self) -> Iterator[Any]:
        try:
            from ..player import Player

            yield Player(dict(self.recordings))
        except Exception as error:  # a run that a guest sent cannot cost the card above it
            yield _Plain(f"The recording of this run cannot be drawn ({type(error).__name__}).")


class _Plain(str):
    def __repr__(self) -> str:
        return str(self)


def _listed(facts: list[Fact]) -> str:
    rows = []
    for fact in facts:
        kind = "next" if fact.name == "Next step" else ""
        code = element("code", text=safe(fact.code)) if fact.code else ""
        rows.append(element("dt", text=fact.name, kind=kind))
        rows.append(element("dd", f"{prose(safe(fact.words))} ", code, kind=kind))
    return element("dl", *rows)


def _points(check: CheckResult) -> str:
    unit = "point" if check.max_points == 1 else "points"
    return f"{check.points:g} of {check.max_points:g} {unit}"


def _pitfall(slug: str) -> str:
    from ..pitfalls import PITFALLS  # it imports the SDKs: only where there is one to name

    known = PITFALLS.get(slug)
    return f"{known.title}. {known.reason}" if known else ""
