"""The class on one page: how scores spread, which checks are hard, which pitfalls many met, what to look at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

from ..desk.signs import SIGNS
from .likeness import alike
from .page import Html, bar, count, page, tag, told
from .record import Record
from .submission import Left

if TYPE_CHECKING:
    from ..grader.result import Status

__all__ = ["overview"]

_STEPS = 5
_SLOWEST = 10
_MOST = 200
_HOSTILE: tuple[Status, ...] = ("forbidden", "crashed", "out_of_memory", "timeout")


def overview(records: Sequence[Record], left: Sequence[Left], titles: Mapping[str, str], pages: Mapping[str, str]) -> str:  # fmt: skip
    """Write class.html. `pages` has the address of each student's feedback page."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.exercise].append(record)
    students = len({record.student for record in records})
    walls = sorted({record.isolation for record in records if record.isolation}) or [
        "nothing was run"
    ]
    broken = [record for record in records if record.status == "grader_error"]
    link = _links(pages)
    return page(
        "The class",
        tag("h1", "The class"),
        tag("p", f"{count(students, 'student')}, {count(len(records), 'submission')}, {count(len(groups), 'exercise')}."),
        tag("p", f"Answers ran inside: {'; '.join(walls)}.", kind="soft"),
        _section("Faults of ours: grade these again", _list(broken, link)) if broken else None,
        *(_exercise(name, groups[name], titles) for name in sorted(groups)),
        _section("Pitfalls", _pitfalls(records)),
        _section("Answers to look at", _hostile(records, link)),
        _section("Slowest to judge", _slow(records, link)),
        _section("Near-identical answers", _alike(groups, link)),
        _section("Files that were not graded", _left(left)),
    )  # fmt: skip


class _links:
    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def __call__(self, student: str) -> Html:
        page = self._pages.get(student)
        return tag("a", student, href=page) if page else tag("span", student)


def _section(title: str, body: Html) -> Html:
    return tag("section", tag("h2", title), body)


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """Make a table; a head that begins with # is a column of numbers."""
    kinds = [{"kind": "number"} if name.startswith("#") else {} for name in head]
    heads = [tag("th", name.lstrip("#"), scope="col", **kind) for name, kind in zip(head, kinds, strict=True)]  # fmt: skip
    lines = [tag("tr", *(tag("td", cell, **kind) for cell, kind in zip(row, kinds, strict=True))) for row in rows]  # fmt: skip
    table = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *lines)
    )
    # On a small screen it scrolls by itself, with the keyboard too.
    return tag("div", table, kind="wide", role="group", aria_label=caption, tabindex="0")


def _exercise(name: str, records: Sequence[Record], titles: Mapping[str, str]) -> Html:
    scores = [record.score for record in records]
    most = max(record.max_score for record in records)
    said = f"{count(len(records), 'submission')}. Mean {mean(scores):.1f}, median {median(scores):g}, of {most:g} points."
    return tag(
        "section",
        tag("h2", f"{name.split('_')[0]} {titles.get(name, '')}".strip()),
        tag("p", said),
        _table("How the scores spread", ["Points", "Students"], list(_spread(scores, most))),
        _table("Who passes which check", ["Check", "Passed", "Else"], list(_rates(records))),
    )


def _spread(scores: Sequence[float], most: float) -> Iterator[Sequence[object]]:
    counts = Counter(_step(score, most) for score in scores)
    for step in range(_STEPS, -1, -1):
        if step == _STEPS:
            label = f"all {most:g}"
        else:
            label = f"{most * step / _STEPS:g} to under {most * (step + 1) / _STEPS:g}"
        yield label, bar(counts[step] / len(scores), str(counts[step]))


def _step(score: float, most: float) -> int:
    return _STEPS if score >= most else int(score / most * _STEPS)


def _rates(records: Sequence[Record]) -> Iterator[Sequence[object]]:
    statuses: dict[str, Counter[Status]] = defaultdict(Counter)
    for record in records:
        for check in record.checks:
            statuses[check.name][check.status] += 1
    for name, counts in statuses.items():
        total, passed = counts.total(), counts["passed"]
        others = [f"{SIGNS[status].word} {count}" for status, count in counts.most_common() if status != "passed"]  # fmt: skip
        yield name, bar(passed / total, f"{passed} of {total}"), ", ".join(others)


def _pitfalls(records: Sequence[Record]) -> Html:
    met: dict[str, set[str]] = defaultdict(set)
    where: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for check in record.checks:
            if check.pitfall:
                met[check.pitfall].add(record.student)
                where[check.pitfall].add(record.exercise.split("_")[0])
    if not met:
        return tag("p", "No known pitfall was met.", kind="soft")
    from ..pitfalls import PITFALLS  # it imports the SDKs: only where there is one to name

    total = len({record.student for record in records})
    rows = [
        (
            PITFALLS[slug].title if slug in PITFALLS else slug,
            bar(len(who) / total, f"{len(who)} of {total} students"),
            ", ".join(sorted(where[slug])),
        )
        for slug, who in sorted(met.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    return _table("How many students met each", ["Pitfall", "Students", "In"], rows)


def _hostile(records: Sequence[Record], link: _links) -> Html:
    rows: list[Sequence[object]] = []
    for record in records:
        found = next((check for check in record.checks if check.status in _HOSTILE), None)
        if found:
            rows.append((link(record.student), record.exercise.split("_")[0], SIGNS[found.status].word, told(found.seen)))  # fmt: skip
    if not rows:
        return tag("p", "None was stopped by a wall or a limit.", kind="soft")
    note = "Stopped by a wall or a limit. Most of these are slips, such as an endless loop."
    return _table(note, ["Student", "Exercise", "Status", "What was seen"], rows[:_MOST])


def _slow(records: Sequence[Record], link: _links) -> Html:
    slowest = sorted(records, key=lambda record: -record.seconds)[:_SLOWEST]
    rows = [(link(one.student), one.exercise.split("_")[0], f"{one.seconds:.2f}", SIGNS[one.status].word) for one in slowest]  # fmt: skip
    return _table("Real seconds, waiting included", ["Student", "Exercise", "#Seconds", "Status"], rows)  # fmt: skip


def _alike(groups: Mapping[str, Sequence[Record]], link: _links) -> Html:
    rows: list[Sequence[object]] = []
    for name in sorted(groups):
        shapes = {record.student: record.shape for record in groups[name]}
        for group in alike(shapes):
            who = [part for student in group.students for part in (", ", link(student))][1:]
            rows.append((name.split("_")[0], tag("span", *who), str(group.shared)))
    note = tag("p", "A hint, and no proof: these share statements that few others wrote, whatever the names and comments. A short exercise has few right answers.", kind="soft")  # fmt: skip
    if not rows:
        return Html(note + tag("p", "None was found."))
    return Html(note + _table("Look at both answers yourself", ["Exercise", "Students", "#Rare statements in common"], rows[:_MOST]))  # fmt: skip


def _list(records: Sequence[Record], link: _links) -> Html:
    rows = [(link(one.student), one.exercise.split("_")[0], told(one.trouble.seen) if one.trouble else "") for one in records]  # fmt: skip
    return _table("Not the students' fault", ["Student", "Exercise", "What broke"], rows[:_MOST])


def _left(left: Sequence[Left]) -> Html:
    if not left:
        return tag("p", "Every file was graded.", kind="soft")
    rest = f" The first {_MOST} of {len(left)}." if len(left) > _MOST else ""
    rows = [[tag("span", words, kind="file") for words in (one.file, one.why)] for one in left[:_MOST]]  # fmt: skip
    return _table(f"Files, and why.{rest}", ["File", "Why"], rows)
