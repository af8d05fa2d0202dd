"""What Gradescope's autograder reads: results.json, one for each submission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..grader import CheckResult
from .record import Record

__all__ = ["results"]


def results(records: Sequence[Record], *, withhold: bool = False) -> dict[str, Any]:
    """Describe the records of one submission: as a rule one exercise, or all that a student handed in together.

    `withhold` keeps from the student all but points and statuses.
    """
    tests = [
        _test(f"{number}.{place}", record, check, withhold)
        for number, record in enumerate(records, 1)
        for place, check in enumerate(record.checks, 1)
    ]
    return {
        "score": sum(record.score for record in records),
        "execution_time": round(sum(record.seconds for record in records), 3),
        "output": ""
        if withhold
        else "\n".join(filter(None, (record.message for record in records))),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            record.exercise: {
                "isolation": record.isolation or "not run",
                "seed": record.seed,
                "status": record.status,
            }
            for record in records
        },
        "tests": tests,
        "leaderboard": [],
    }


def _test(number: str, record: Record, check: CheckResult, withhold: bool) -> dict[str, Any]:
    told = {"Expected": check.expected, "Seen": check.seen, "Next step": check.next_step}
    lines = [f"{name}: {words}" for name, words in told.items() if words and not withhold]
    return {
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status == "passed" else "failed",
        "name": f"{record.exercise.split('_')[0]}: {check.name}",
        "number": number,
        "output": "\n".join(lines),
        "output_format": "text",
        "tags": [check.status, *([check.pitfall] if check.pitfall and not withhold else [])],
        "visibility": "visible",
        "extra_data": {"line": check.line},
    }
