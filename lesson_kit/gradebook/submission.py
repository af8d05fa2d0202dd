"""A submission: one file of one student for one exercise, and what could not be taken for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Collected", "Left", "Submission"]


@dataclass(frozen=True)
class Submission:
    """One file that counts. `read()` gives its bytes, bounded; it raises `OSError` where that cannot be done.

    `file` is where it was found, for people. `lms` names the system whose export it came from ("canvas", "moodle",
    "gradescope" or ""), `number` that system's number of the student or of the submission, `email` what it tells.
    """

    student: str
    exercise: str
    file: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    late: bool = False
    lms: str = ""
    number: str = ""
    email: str = ""
    age: tuple[int, int, float, str] = (0, 0, 0.0, "")
    """Grows with newer files: the system's number, its version, seconds since 1970, the name."""


@dataclass(frozen=True)
class Left:
    """A file that is not graded, and a sentence that says why."""

    file: str
    why: str


@dataclass(frozen=True)
class Collected:
    """What was found: submissions by student and exercise, and all that was left."""

    submissions: list[Submission]
    left: list[Left]
