"""Proves that the exercises are right: stubs, solutions, wrong answers, hints, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .building import stub_of
from .claims import (
    SEEDS,
    Judge,
    Problem,
    first_missed,
    made_of,
    right_answers,
    stub_fails,
    wrong_answers,
)  # fmt: skip
from .edition import cell_with_tag, digest
from .markers import MarkerError
from .nbgrader import faults
from .shelf import Shelf, ShelfError, read_notebook

if TYPE_CHECKING:
    from ..grader.exercise import Exercise

__all__ = ["Message", "Verified", "messages", "verify"]

LEAST_WRONG, LEAST_RIGHT, HINTS = 5, 3, 3


@dataclass(frozen=True)
class Verified:
    """One exercise, and all that does not hold in it."""

    exercise: str
    answers: int
    problems: Sequence[Problem]

    @property
    def holds(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Message:
    """What a wrong answer reads on its card."""

    exercise: str
    answer: str
    check: str
    status: str
    expected: str
    seen: str
    next_step: str


def verify(
    names: Sequence[str],
    exercises: Mapping[str, Exercise],
    *,
    shelf: Shelf,
    judge: Judge,
    seeds: Sequence[int] = SEEDS,
) -> Iterator[Verified]:
    """Verify exercises one by one. Nothing is raised for what does not hold: it is a `Problem`.

    `seeds` are those with which every right answer is judged.
    """
    for name in names:
        exercise = exercises.get(name)
        if exercise is None:
            yield Verified(name, 0, [_no_checks(name)])
        else:
            problems = [*_held(exercise), *_judged(exercise, exercises, shelf, judge, seeds)]
            yield Verified(name, 2 + len(exercise.wrong) + len(exercise.right), problems)


def messages(
    names: Sequence[str], exercises: Mapping[str, Exercise], *, shelf: Shelf, judge: Judge
) -> Iterator[Message]:
    """Give what every wrong answer is told, for somebody who reads them all in one go."""
    for name in names:
        exercise = exercises[name]
        solution = cell_with_tag(read_notebook(shelf.solution(name)), "answer").source
        for wrong in exercise.wrong:
            source = made_of(wrong, solution)
            check = first_missed(judge(exercise, source, SEEDS[0])) if source else None
            if check is None:
                yield Message(name, wrong.name, wrong.check, "passed", "", "", "")
            else:
                yield Message(
                    name, wrong.name, check.name, check.status,
                    check.expected, check.seen, check.next_step,
                )  # fmt: skip


def _judged(
    exercise: Exercise,
    exercises: Mapping[str, Exercise],
    shelf: Shelf,
    judge: Judge,
    seeds: Sequence[int],
) -> Iterator[Problem]:
    try:
        solution = read_notebook(shelf.solution(exercise.name))
        made = stub_of(exercise.name, exercises, shelf)
        stub = read_notebook(shelf.exercise(exercise.name))
        answer = cell_with_tag(solution, "answer").source
        yield from _files(exercise, solution, made, stub)
        yield from stub_fails(exercise, cell_with_tag(stub, "answer").source, judge)
    except (ShelfError, MarkerError) as error:
        yield Problem(
            exercise.name,
            "the notebooks",
            "a solution and the exercise built from it",
            str(error),
            f"Run: lesson-kit build {exercise.number}",
        )
        return
    yield from right_answers(exercise, answer, judge, seeds)
    yield from wrong_answers(exercise, answer, judge)


def _files(exercise: Exercise, solution: Any, made: Any, stub: Any) -> Iterator[Problem]:
    if digest(made) != digest(stub):
        yield Problem(
            exercise.name,
            "stub and solution",
            "the exercise that the solution gives",
            "another text: one of the two was changed by hand",
            f"Change the solution, then run: lesson-kit build {exercise.number}",
        )
    for folder, notebook in (("solutions", solution), ("exercises", stub)):
        for fault in faults(notebook, exercise.max_score):
            yield Problem(
                exercise.name,
                f"nbgrader's metadata in {folder}/",
                "one solution cell, and one graded cell with all points",
                fault,
                f"Run: lesson-kit build {exercise.number}",
            )


def _held(exercise: Exercise) -> Iterator[Problem]:
    """What can be told of an exercise without running anything."""
    counts = {
        "hints": (len([hint for hint in exercise.hints if hint.strip()]), HINTS, HINTS),
        "names that the answer defines": (len(exercise.defines), 1, 99),
        "checks": (len(exercise.checks), 1, 99),
        "wrong answers": (len(exercise.wrong), LEAST_WRONG, 999),
        "right answers": (len(exercise.right), LEAST_RIGHT, 999),
    }
    for what, (count, least, most) in counts.items():
        if not least <= count <= most:
            meant = f"{least}" if least == most else f"{least} or more"
            yield Problem(
                exercise.name,
                what,
                meant,
                f"{count}",
                f"See exercises/checks/{exercise.name}.py.",
            )


def _no_checks(name: str) -> Problem:
    return Problem(
        name,
        "the check file",
        f"exercises/checks/{name}.py with EXERCISE = Exercise({name!r}, ...)",
        "there is none",
        "Write one, or remove the notebook.",
    )
