"""The feedback page of one student: each exercise, each check, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..desk.signs import SIGNS
from ..grader import CheckResult
from .page import Html, count, page, tag, told
from .record import Record

__all__ = ["TITLE", "feedback"]

TITLE = "Feedback for "
"""How the title of each of these pages begins."""


def feedback(student: str, records: Sequence[Record], titles: Mapping[str, str], *, withhold: bool = False) -> str:  # fmt: skip
    """Write a student's page. `titles` has the exercises' titles; `withhold` leaves out what was expected and seen."""
    score, most = sum(one.score for one in records), sum(one.max_score for one in records)
    return page(
        f"{TITLE}{student}",
        tag("h1", f"{TITLE}{student}"),
        tag(
            "p",
            f"{score:g} of {most:g} points in {count(len(records), 'exercise')}.",
            kind="strong",
        ),
        *(_exercise(one, titles.get(one.exercise, ""), withhold) for one in records),
    )


def _exercise(record: Record, title: str, withhold: bool) -> Html:
    passed = record.status == "passed"
    heading = f"{record.exercise.split('_')[0]} {title}".strip()
    shown = None
    if record.source and not withhold:
        shown = tag("details", tag("summary", "The answer that was graded"), tag("pre", tag("code", _numbered(record.source)), tabindex="0"))  # fmt: skip
    return tag(
        "section",
        tag("h2", heading),
        tag("p", f"{record.score:g} of {record.max_score:g} points", kind="good" if passed else "bad"),
        tag("p", f"{record.file}{', late' if record.late else ''}. Ran inside: {record.isolation or 'not run'}.", kind="soft"),
        tag("p", told(record.message)) if record.message and not withhold else None,
        *_checks(record.checks, withhold),
        shown,
    )  # fmt: skip


def _checks(checks: Sequence[CheckResult], withhold: bool) -> list[Html]:
    """The checks as cards; a reason that was told already is not told again."""
    before: set[tuple[str, str, str]] = set()
    cards = []
    for check in checks:
        reason = (check.expected, check.seen, check.next_step)
        if withhold or check.status == "passed":
            facts = None
        elif reason in before:
            facts = tag("p", "The same reason as above.", kind="soft")
        else:
            facts = _facts(check)
        before.add(reason)
        cards.append(_card(check, facts))
    return cards


def _card(check: CheckResult, facts: Html | None) -> Html:
    sign = SIGNS[check.status]
    tone = {"good": "good", "bad": "bad"}.get(sign.tone, "soft")
    points = f"{check.points:g} of {check.max_points:g}"
    head = tag("h3", tag("span", f"{sign.mark} {sign.word}", kind=tone), f" {check.name} ", tag("span", f"({points})", kind="soft"))  # fmt: skip
    return tag("div", head, facts, kind="card")


def _facts(check: CheckResult) -> Html:
    rows = [("Expected", check.expected), ("Seen", check.seen), ("Why", known_as(check.pitfall))]
    if check.line:
        rows.append(("Line", str(check.line)))
    pairs = [
        one for name, words in rows if words for one in (tag("dt", name), tag("dd", told(words)))
    ] + ([tag("dt", "Next step"), tag("dd", told(check.next_step), kind="next")] if check.next_step else [])  # fmt: skip
    return tag("dl", *pairs)


def known_as(slug: str) -> str:
    """Give a pitfall's title and reason; "" for none."""
    if not slug:
        return ""
    from ..pitfalls import PITFALLS  # it imports the SDKs: only where there is one to name

    known = PITFALLS.get(slug)
    return f"{known.title}. {known.reason}" if known else slug


def _numbered(source: str) -> str:
    return "\n".join(f"{number:4}  {line}" for number, line in enumerate(source.split("\n"), 1))
