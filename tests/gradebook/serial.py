"""An executor without processes: each task runs when it is handed over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from lesson_kit.gradebook import worker
from lesson_kit.grader.run import Runs


class Serial(Executor):
    """Grades here, in a sandbox of the test's; `before` is called with each task, and may raise."""

    def __init__(self, sandbox: Runs, before: Callable[[worker.Task], None] | None = None) -> None:
        self.sandbox, self.before = sandbox, before
        self.graded: list[tuple[str, str]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        assert fn is worker.grade
        [task] = args
        future: Future[Any] = Future()
        try:
            if self.before:
                self.before(task)
            future.set_result(worker.grade(task, self.sandbox))
            self.graded.append((task.student, task.exercise))
        except BaseException as error:
            future.set_exception(error)
        return future
