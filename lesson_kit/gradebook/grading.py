"""A class graded: tasks handed to any `concurrent.futures.Executor`, records taken as they come."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from time import sleep
from typing import TypeAlias

from .record import Record
from .submission import Submission
from .worker import Task, begin, grade, not_graded

__all__ = [
    "Executors",
    "NoWorkers",
    "default_workers",
    "digest_of",
    "grade_all",
    "processes",
    "seed_of",
]

Executors: TypeAlias = Callable[[], Executor]
"""Makes an executor; called again when the one before has broken."""

# Tasks under way for each worker: enough that none ever waits, few enough that a killed run has little in its hands.
_AHEAD = 2
# How often a submission may be there when a worker dies, before it is given up.
_TRIES = 5
# How often workers may die one after the other, without a single record between.
_FAILURES = 20
# The real seconds to wait then: at first none, then twice as long each time, up to the last. A process that was killed
# refuses everybody until it is quite dead, and only then can another take its place; seven seconds in all.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5

# How an executor says that a task's worker has gone; a cluster that has lost its scheduler cancels all.
_LOST = (BrokenProcessPool, CancelledError)


class NoWorkers(RuntimeError):
    """Workers cannot be started, or die at once."""


def seed_of(seed: int, student: str, exercise: str) -> int:
    """Derive a submission's seed, so that neither the order nor the workers matter."""
    told = f"{seed}\0{student}\0{exercise}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(told).digest()[:4], "big") >> 1


def digest_of(data: bytes) -> str:
    """Name the content of a file."""
    return hashlib.sha256(data).hexdigest()[:32]


def processes(workers: int) -> Executors:
    """Make processes of this machine, each with a sandbox of its own."""
    methods = multiprocessing.get_all_start_methods()
    # Not a fork of this process: it has threads (the progress bar), and a fork may find their locks taken.
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["lesson_kit.gradebook.worker"])

    def make() -> Executor:
        return ProcessPoolExecutor(workers, mp_context=context, initializer=begin)

    return make


@dataclass
class _Try:
    task: Task
    submission: Submission
    digest: str
    problem: str = ""
    count: int = 0

    def finish(self, record: Record) -> Record:
        """Add where it came from: the judge's own knowledge, not the worker's."""
        one = self.submission
        return record.model_copy(
            update={
                "student": one.student,
                "exercise": one.exercise,
                "file": one.file,
                "digest": self.digest,
                "message": self.problem or record.message,
                "late": one.late,
                "lms": one.lms,
                "number": one.number,
                "email": one.email,
            }
        )


def grade_all(
    submissions: Sequence[Submission],
    *,
    seed: int,
    checks: str,
    executors: Executors,
    workers: int,
    done: Mapping[tuple[str, str], Record] | None = None,
) -> Generator[Record, None, None]:
    """Grade submissions, and give each record as it comes, in any order. Close it where you stop before its end.

    `checks` is the folder of the check files; `done` are records of a run that goes on: what they hold of the same bytes
    with the same seed is not graded again. A worker that dies costs nothing but time. Raises `NoWorkers`.
    """
    waiting = _tries(submissions, seed, checks, done or {})
    crew = _Crew(executors)
    try:
        while crew.employ(waiting, workers * _AHEAD):
            yield from crew.finished()
    finally:
        crew.executor.shutdown(wait=False, cancel_futures=True)


def _tries(
    submissions: Iterable[Submission],
    seed: int,
    checks: str,
    done: Mapping[tuple[str, str], Record],
) -> Iterator[_Try]:
    """Read each submission when its turn comes: a class's files need not be in memory at once."""
    for one in submissions:
        own = seed_of(seed, one.student, one.exercise)
        problem = ""
        try:
            data = one.read()
        except OSError as error:
            # Graded as an empty answer, and the reason stands beside it.
            data, problem = b"", f"The file cannot be read: {error.strerror or error}."
        digest = digest_of(data)
        before = done.get((one.student, one.exercise))
        if before and before.status != "grader_error" and (before.digest, before.seed) == (digest, own):  # fmt: skip
            continue
        name = one.file.rpartition("/")[2]
        yield _Try(Task(one.student, one.exercise, name, data, own, checks), one, digest, problem)


class _Crew:
    """An executor with what it has in hand; one whose workers have died is replaced, and starts over with that."""

    def __init__(self, executors: Executors) -> None:
        self._executors = executors
        self.executor = executors()
        self._running: dict[Future[Record], _Try] = {}
        self._again: deque[_Try] = deque()
        self._failures = 0

    def employ(self, waiting: Iterator[_Try], most: int) -> bool:
        """Hand out work until `most` is under way; returns whether there is any."""
        while len(self._running) < most:
            attempt = self._again.popleft() if self._again else next(waiting, None)
            if attempt is None:
                break
            try:
                self._running[self.executor.submit(grade, attempt.task)] = attempt
            except (BrokenProcessPool, EOFError, OSError) as error:
                # A worker has died, or what starts them: the latter speaks through a closed pipe.
                self._again.append(attempt)
                self._replace(error)
        return bool(self._running)

    def finished(self) -> Iterator[Record]:
        """Wait for work that comes to its end, and give its records."""
        ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
        died: Exception | None = None
        for future in ended:
            attempt = self._running.pop(future)
            try:
                record = _result(future, attempt)
            except _LOST as error:
                died = error
                self._again.append(attempt)
            else:
                self._failures = 0
                yield attempt.finish(record)
        if died:
            self._replace(died)

    def _replace(self, error: Exception) -> None:
        # One dead worker ends its whole pool: all that it had in hand is started again.
        self._failures += 1
        if self._failures > _FAILURES:
            raise NoWorkers(f"no worker stays alive ({error})") from None
        self._again += self._running.values()
        self._running.clear()
        self.executor.shutdown(wait=False, cancel_futures=True)
        if self._failures > 1:
            sleep(min(_FIRST_PAUSE * 2 ** (self._failures - 2), _LONGEST_PAUSE))
        self.executor = self._executors()


def _result(future: Future[Record], attempt: _Try) -> Record:
    """Give a task's record. Raises one of `_LOST` where its worker died and it is worth another try."""
    try:
        return future.result()
    except _LOST as error:
        attempt.count += 1
        if attempt.count < _TRIES:
            raise
        return not_graded(attempt.task, f"{error}")
    except Exception as error:  # an executor of another kind: what it could not send, or lost
        return not_graded(attempt.task, f"{error}")


def default_workers() -> int:
    """Give the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
