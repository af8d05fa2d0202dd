"""What an exercise claims about answers: the stub fails, the solution passes, each wrong one fails as it is meant to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..grader.result import CheckResult, Result

if TYPE_CHECKING:
    from ..grader.exercise import Exercise, Right, Wrong

__all__ = ["Judge", "Problem", "made_of", "right_answers", "stub_fails", "told", "wrong_answers"]

Judge: TypeAlias = "Callable[[Exercise, str, int], Result]"
"""Judges the source of an answer, with a seed."""

SEEDS = (1, 2, 3)  # what must pass must pass whatever the random texts are


@dataclass(frozen=True)
class Problem:
    """Something in an exercise that does not hold: what was expected, what came, what to do."""

    exercise: str
    what: str
    expected: str
    came: str
    next_step: str


def stub_fails(exercise: Exercise, source: str, judge: Judge) -> Iterator[Problem]:
    """The untouched stub must earn no point, and not by a fault of ours."""
    for check in judge(exercise, source, SEEDS[0]).checks:
        if check.status in ("passed", "grader_error") or check.points:
            yield Problem(
                exercise.name,
                f"the untouched stub in {check.name!r}",
                "0 points",
                f"{check.status} with {check.points:g} points. {told(check)}",
                "Let the check look for what only an answer does.",
            )


def right_answers(
    exercise: Exercise, solution: str, judge: Judge, seeds: Sequence[int] = SEEDS
) -> Iterator[Problem]:
    """The solution, and every right answer, must pass all checks."""
    answers = {"the solution": solution}
    for right in exercise.right:
        source = made_of(right, solution)
        if source is None:
            yield _stale_edit(exercise, right)
        else:
            answers[f"right answer {right.name!r}"] = source
    for name, source in answers.items():
        for seed in seeds:
            missed = [
                check for check in judge(exercise, source, seed).checks if check.status != "passed"
            ]
            if missed:
                yield Problem(
                    exercise.name,
                    f"{name}, seed {seed}",
                    "all checks passed",
                    "; ".join(f"{check.name!r} {check.status}: {told(check)}" for check in missed),
                    "Mend the answer, or let the check allow what is right.",
                )
                break


def wrong_answers(exercise: Exercise, solution: str, judge: Judge) -> Iterator[Problem]:
    """Each wrong answer must fail first in its check, and read what it is meant to read."""
    for wrong in exercise.wrong:
        source = made_of(wrong, solution)
        if source is None:
            yield _stale_edit(exercise, wrong)
            continue
        first = first_missed(judge(exercise, source, SEEDS[0]))
        if first is None:
            came = "all checks passed"
        elif first.name != wrong.check or wrong.says not in told(first):
            came = f"{first.name!r} {first.status}: {told(first)}"
        else:
            continue
        yield Problem(
            exercise.name,
            f"wrong answer {wrong.name!r}",
            f"{wrong.check!r} fails first and says {wrong.says!r}",
            came,
            "Mend the check, or the answer's `check` and `says`.",
        )


def first_missed(result: Result) -> CheckResult | None:
    return next((check for check in result.checks if check.status != "passed"), None)


def told(check: CheckResult) -> str:
    """What a student reads of a check."""
    return " / ".join(filter(None, (check.expected, check.seen, check.next_step)))


def made_of(answer: Wrong | Right, solution: str) -> str | None:
    """Give the answer's whole source; None where an edit does not find its text in the solution."""
    source = answer.source or solution
    edits: Sequence[tuple[str, str]] = answer.edits
    for old, new in edits:
        if old not in source:
            return None
        source = source.replace(old, new)
    return source


def _stale_edit(exercise: Exercise, answer: Wrong | Right) -> Problem:
    return Problem(
        exercise.name,
        f"answer {answer.name!r}",
        "each of its edits finds its text in the solution",
        "one does not",
        "Write the edit anew: the solution has changed.",
    )
