"""The result of one answer: what a student reads on a card, and what an instructor's files are made of.

The JSON of a `Result` is the shape that `lesson-kit grade --json` promises; fields may be added to it, none may change.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, computed_field

__all__ = ["STATUSES", "CheckResult", "Result", "Status", "worst"]

Status: TypeAlias = Literal[
    "passed",
    "failed",  # ran, and did not do what was asked
    "not_reached",  # never ran, because something before it failed
    "syntax_error",
    "missing",  # the class or function that was asked for is not there
    "timeout",  # held the processor, or waited, past its limit
    "blocked_loop",  # a call that waits for real stopped every stream
    "crashed",  # ended its process
    "out_of_memory",
    "forbidden",  # tried what a guest may not do
    "grader_error",  # our fault, never the student's
]

# From the best to the worst: an answer as a whole has the worst status of its checks.
STATUSES: tuple[Status, ...] = (
    "passed", "not_reached", "failed", "missing", "syntax_error", "blocked_loop", "timeout", "out_of_memory", "crashed",
    "forbidden", "grader_error",
)  # fmt: skip


def worst(statuses: list[Status]) -> Status:
    """Pick the status that an answer has as a whole; `missing` where nothing was checked."""
    return max(statuses, key=STATUSES.index, default="missing")


class CheckResult(BaseModel):
    """One check of an exercise: what was expected, what was seen, and what to do next.

    `line` counts from 1 in the student's own source (cell or file); None where no line is to blame. `pitfall` is the
    slug of a known pitfall (`lesson_kit.pitfalls`), or "".
    """

    model_config = ConfigDict(frozen=True)

    name: str
    status: Status
    points: float
    max_points: float
    expected: str = ""
    seen: str = ""
    next_step: str = ""
    line: int | None = None
    pitfall: str = ""


class Result(BaseModel):
    """How one answer did. `isolation` says which walls stood round it, `message` what concerns it as a whole.

    The walls keep an answer away from the machine, the checks and everybody else's work. They do not make it honest about
    itself: what was seen of it comes from its own process. Of that the judge accepts only what the script allows
    (`lesson_kit.grader.agreement`); an answer that gets past the static look, and then writes a record that is right in
    every number, is believed. Whoever doubts a grade reads the source, which stands in the report.
    """

    model_config = ConfigDict(frozen=True)

    student: str = ""
    exercise: str
    isolation: str = ""
    seed: int = 0
    message: str = ""
    seconds: float = 0.0  # real seconds that judging took; no part of any grade
    checks: list[CheckResult]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def score(self) -> float:
        """The points of all checks."""
        return sum(check.points for check in self.checks)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def max_score(self) -> float:
        """The points that a perfect answer has."""
        return sum(check.max_points for check in self.checks)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def status(self) -> Status:
        """The worst status of its checks."""
        return worst([check.status for check in self.checks])
