"""Grading on a Dask cluster: the same records as without one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lesson_kit.cli import app
from lesson_kit.gradebook import NoWorkers, collect, grade_all
from lesson_kit.gradebook.bench import answers
from lesson_kit.gradebook.cluster import Cluster, cluster
from lesson_kit.grader import find_exercise
from lesson_kit.grader.catalog import checks_folder
from tests.gradebook.serial import Serial
from tests.grading import NoWalls, solution

EX03 = "ex03_thinking_indicator"
HAS_NO_DASK = "Dask is not installed here (the extra `dask`: pip install distributed)"


class Client:
    """A client of distributed, as far as it is used."""

    status = "running"

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def get_executor(self, **asked: Any) -> Client:
        self.asked.append(asked)
        return self

    def submit(self, fn: Any, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **named))
        return future

    def shutdown(self, wait: bool = True) -> None:
        """Dask's own executor knows no more than this."""
        self.asked.append(wait)

    def close(self) -> None:
        self.status = "closed"


def test_an_executor_of_dask_can_be_shut_down_as_any_other() -> None:
    client = Client()
    executor = Cluster(client)
    assert executor.submit(max, 1, 2).result() == 2
    executor.shutdown(wait=False, cancel_futures=True)
    executor.shutdown()
    assert client.asked == [{"pure": False}, False]
    assert client.status == "closed"


def test_a_scheduler_that_has_gone_is_told_before_anything_waits_for_it() -> None:
    client = Client()
    client.status = "closed"
    with pytest.raises(NoWorkers, match="the Dask scheduler has gone"):
        Cluster(client).submit(max, 1, 2)


def test_a_task_that_the_cluster_cancelled_is_tried_again(tmp_path: Path) -> None:
    class Loses(Serial):
        def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
            if self.graded:
                return super().submit(fn, *args, **named)
            self.graded.append(("lost", EX03))
            future: Future[Any] = Future()
            future.set_exception(CancelledError())
            return future

    class_of(tmp_path, 2)
    loses = Loses(NoWalls())
    found = collect([tmp_path], {EX03: ["ThinkingServer"]}).submissions
    graded = list(grade_all(found, seed=1, checks=str(checks_folder()), executors=lambda: loses, workers=1))  # fmt: skip
    assert [one.status for one in graded].count("grader_error") == 0
    assert len(graded) == 2


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    class_of(tmp_path / "class", 1)
    call = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--dask", "tcp://127.0.0.1:9"]  # fmt: skip
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 2
    assert "python -m pip install distributed" in done.stderr


def class_of(folder: Path, many: int) -> None:
    sources = answers(find_exercise("ex03"), solution("ex03"))
    for number in range(many):
        file = folder / f"student {number:02}" / "ex03.py"
        file.parent.mkdir(parents=True)
        file.write_text(sources[number % len(sources)], encoding="utf-8")


@pytest.fixture
def scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed", reason=HAS_NO_DASK)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running.scheduler_address


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # its own, and those of tornado
def test_a_cluster_grades_as_this_machine_does(scheduler: str, tmp_path: Path) -> None:
    class_of(tmp_path, 12)
    found = collect([tmp_path], {EX03: ["ThinkingServer"]}).submissions
    executors, threads = cluster(scheduler)
    assert threads == 2

    def told(made: Any) -> dict[str, str]:
        records = grade_all(found, seed=5, checks=str(checks_folder()), executors=made, workers=2)
        return {one.student: json.dumps(one.short() | {"isolation": ""}) for one in records}

    serial = Serial(NoWalls())
    assert told(executors) == told(lambda: serial)
