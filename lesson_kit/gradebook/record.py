"""A record: what is kept of one graded submission, as one line of results.jsonl."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from ..grader.result import CheckResult, Result

__all__ = ["Record"]

_OF_A_CHECK = {"name", "status", "points", "max_points", "expected", "seen", "next_step", "line"}


class Record(Result):
    """A result with where it came from. Lines of `Result` keep their meaning.

    `digest` is that of the file's bytes: a changed file is graded anew. `shape` are the hashes of the answer's
    statements without names and comments, for likeness. `source` is the answer, for the feedback page.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str = ""
    digest: str = ""
    late: bool = False
    lms: str = ""
    number: str = ""
    email: str = ""
    source: str = ""
    shape: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Whose work it is, and for what."""
        return self.student, self.exercise

    def short(self) -> dict[str, Any]:
        """Give the fields that `lesson-kit grade --json` promises."""
        told = self.model_dump(
            mode="json",
            include={"student", "exercise", "score", "max_score", "status", "isolation"},
        )
        checks = [check.model_dump(mode="json", include=_OF_A_CHECK) for check in self.checks]
        return told | {"checks": checks}

    @property
    def trouble(self) -> CheckResult | None:
        """The first check that was not passed."""
        return next((check for check in self.checks if check.status != "passed"), None)
