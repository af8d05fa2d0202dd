"""Tables for other systems: the gradebook, and what Canvas and Moodle read."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .finding import JOINERS
from .record import Record

__all__ = ["canvas", "defused", "gradebook", "moodle"]

# How Canvas marks its second row.
_POSSIBLE = "    Points Possible"


def defused(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula; a student may well be called `=HYPERLINK(...)`."""
    text = "".join(char if char.isprintable() or char in JOINERS else " " for char in cell)
    begins = text.lstrip(" " + JOINERS)[:1]
    return f"'{text}" if begins and begins in "=+-@＝＋－＠" else text


def gradebook(records: Sequence[Record]) -> str:
    """One row a submission."""
    head = [
        "Student", "Exercise", "Score", "Maximum", "Status", "Late", "Checks passed", "First trouble", "File", "Number",
        "Email", "Seed", "Isolation",
    ]  # fmt: skip
    rows = [
        [
            record.student, record.exercise, record.score, record.max_score, record.status, "late" if record.late else "",
            f"{sum(check.status == 'passed' for check in record.checks)} of {len(record.checks)}", _trouble(record),
            record.file, record.number, record.email, record.seed, record.isolation or "not run",
        ]
        for record in records
    ]  # fmt: skip
    return _csv([head, *rows])


def canvas(records: Sequence[Record], most: Mapping[str, float]) -> str:
    """A row for each student, a column for each exercise, as Canvas imports grades.

    `ID` is Canvas's number of the user, where the export had it: with it the import finds the student. A fault of ours is no
    grade: such a cell is empty, and the import leaves what stands there.
    """
    names = sorted({record.exercise for record in records})
    scores = {record.key: record.score for record in records if record.status != "grader_error"}
    numbers = {record.student: record.number for record in records if record.lms == "canvas"}
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names]
    possible = [_POSSIBLE, "", "", "", "", *(most.get(name, 0.0) for name in names)]
    rows = [
        [student, numbers.get(student, ""), "", "", "", *(scores.get((student, name), "") for name in names)]
        for student in sorted({record.student for record in records})
    ]  # fmt: skip
    return _csv([head, possible, *rows])


def moodle(records: Iterable[Record], *, withhold: bool = False) -> str:
    """A grading worksheet for the submissions of one exercise, as Moodle's assignment reads it.

    Moodle shows the comments as HTML, so they are escaped; `withhold` keeps from them what was seen. An empty grade, for a
    fault of ours, is passed over by the import.
    """
    head = [
        "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
        "Last modified (submission)", "Online text", "Last modified (grade)", "Feedback comments",
    ]  # fmt: skip
    rows = [
        [
            f"Participant {record.number}" if record.lms == "moodle" else "",
            record.student, record.email, "Submitted for grading" + (" - late" if record.late else ""), _grade(record),
            f"{record.max_score:.2f}", "Yes", "-", "", "-", html.escape(comment(record, withhold=withhold)),
        ]
        for record in records
    ]  # fmt: skip
    return _csv([head, *rows])


def _grade(record: Record) -> str:
    return "" if record.status == "grader_error" else f"{record.score:.2f}"


def comment(record: Record, *, withhold: bool = False) -> str:
    """Sum a record up in a sentence or two; `withhold` leaves out what was seen."""
    passed = sum(check.status == "passed" for check in record.checks)
    said = f"{passed} of {len(record.checks)} checks passed."
    trouble = None if withhold else record.trouble
    return f"{said} {trouble.name}: {trouble.seen} {trouble.next_step}" if trouble else said


def _trouble(record: Record) -> str:
    trouble = record.trouble
    return f"{trouble.name}: {trouble.seen}" if trouble else ""


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    for row in rows:
        # "-" alone is Moodle's own word for "never", and Canvas knows its second row by the spaces.
        writer.writerow([defused(cell) if isinstance(cell, str) and cell not in ("-", _POSSIBLE) else _number(cell) for cell in row])  # fmt: skip
    return file.getvalue()


def _number(cell: Any) -> Any:
    return f"{cell:g}" if isinstance(cell, float) else cell
