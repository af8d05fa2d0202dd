"""One submission graded, wherever the worker is: in this process, in another, on another machine."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing import parent_process
from pathlib import Path

from ..answer import answer_of_bytes
from ..grader import CheckResult, Exercise, find_exercise, judge
from ..grader.run import Runs
from .likeness import shape_of
from .record import Record

__all__ = ["Task", "begin", "grade", "not_graded"]

SHOWN = 20_000
"""Characters of an answer that its feedback page shows."""
_TRIES = 3


@dataclass(frozen=True)
class Task:
    """All that a worker needs: it reads no file but the exercise's checks."""

    student: str
    exercise: str
    file: str
    data: bytes
    seed: int
    checks: str
    """The folder of the check files."""


def begin() -> None:
    """Prepare a worker process: it ends with the process that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the judge, which ends them all
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.join,), daemon=True).start()
    from ..sandbox import shared

    with contextlib.suppress(RuntimeError):  # the first job tries again, and says what is wrong
        shared().start()


def _end_after(join: Callable[[], None]) -> None:
    join()
    os._exit(1)  # nobody waits for results any more; its sandbox ends when this process does


@cache
def _exercise(name: str, checks: str) -> Exercise:
    return find_exercise(name, Path(checks))


def grade(task: Task, sandbox: Runs | None = None) -> Record:
    """Grade one submission. Never raises: what goes wrong on our side is `grader_error` for this one."""
    try:
        exercise = _exercise(task.exercise, task.checks)
        answer = answer_of_bytes(task.data, task.file, exercise.defines, exercise.may_use)
        for _ in range(_TRIES):
            result = judge(exercise, answer, sandbox=sandbox, seed=task.seed).result
            if result.status != "grader_error":
                break  # else perhaps somebody ended the sandbox in the middle: a fault that need not come again
        told = result.model_dump(exclude={"score", "max_score", "status", "student"})
        source, shape = answer.source[:SHOWN], tuple(shape_of(answer.source))
        return Record(**told, student=task.student, source=source, shape=shape)
    except Exception as error:
        return not_graded(task, f"{type(error).__name__}: {error}")


def not_graded(task: Task, why: str) -> Record:
    """Make the record of a submission that could not be graded, by our own fault."""
    try:
        points = {
            check.name: check.points for check in _exercise(task.exercise, task.checks).checks
        }
    except Exception:
        points = {"grading": 0.0}  # the exercise itself cannot be read
    checks = [
        CheckResult(
            name=name,
            status="grader_error",
            points=0,
            max_points=most,
            seen=f"The submission could not be graded: {why}"[:1000],
            next_step="This is a fault of the course, not yours. It will be graded again.",
        )
        for name, most in points.items()
    ]
    return Record(student=task.student, exercise=task.exercise, seed=task.seed, checks=checks)
