"""A class graded by any executor; killed and gone on with, the gradebook is the same."""

from __future__ import annotations

import errno
import json
import random
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.gradebook import Journal, NoWorkers, Record, Submission, grade_all, grading
from lesson_kit.gradebook.grading import seed_of
from lesson_kit.gradebook.journal import Busy
from lesson_kit.gradebook.worker import Task
from lesson_kit.grader.catalog import checks_folder
from lesson_kit.grader.run import Runs
from lesson_kit.sandbox.job import Ending
from tests.gradebook.serial import Serial
from tests.grading import NoWalls, Says, solution

EX03 = "ex03_thinking_indicator"
GONE = Says(Ending("crashed", detail="exit code 0 before the end"))
ANSWER = b"class ThinkingServer: pass"


def work(student: str, data: bytes = ANSWER) -> Submission:
    return Submission(student, EX03, f"{student}.py", lambda: data)


def class_of(many: int) -> list[Submission]:
    return [work(f"student {k}") for k in range(many)]


def graded(
    submissions: list[Submission],
    executor: Serial | None = None,
    *,
    done: dict[tuple[str, str], Record] | None = None,
    sandbox: Runs = GONE,
) -> dict[str, Record]:
    serial = executor or Serial(sandbox)
    records = grade_all(
        submissions, seed=7, checks=str(checks_folder()), executors=lambda: serial, workers=2, done=done
    )  # fmt: skip
    return {record.student: record for record in records}


def test_a_class_is_graded_each_with_its_own_seed() -> None:
    found = graded([work("ada", solution("ex03").encode()), work("alan", b"")], sandbox=NoWalls())
    assert (found["ada"].status, found["ada"].score) == ("passed", 10)
    assert (found["alan"].status, found["alan"].score) == ("missing", 0)
    assert found["ada"].seed == seed_of(7, "ada", EX03) != found["alan"].seed
    assert found["ada"].file == "ada.py"


def test_order_and_workers_do_not_matter() -> None:
    submissions = class_of(9)
    mixed = random.Random(1).sample(submissions, k=9)
    one, other = graded(submissions), graded(mixed)
    assert {name: record.short() for name, record in one.items()} == {
        name: record.short() for name, record in other.items()
    }


def test_what_is_graded_is_not_graded_again_unless_it_changed() -> None:
    done = {record.key: record for record in graded(class_of(3)).values()}
    serial = Serial(GONE)
    changed = [*class_of(2), work("student 2", b"x = 1"), work("student 3")]
    graded(changed, serial, done=done)
    assert [student for student, _ in serial.graded] == ["student 2", "student 3"]


def test_our_own_faults_are_graded_again() -> None:
    def broken(task: Task) -> None:
        raise RuntimeError("no memory left")

    done = graded([work("ada")], Serial(GONE, broken))
    assert done["ada"].status == "grader_error"
    assert done["ada"].max_score == 10
    assert "no memory left" in done["ada"].checks[0].seen
    again = graded([work("ada")], done={record.key: record for record in done.values()})
    assert again["ada"].status == "crashed"


def test_a_worker_that_dies_costs_nobody_anything() -> None:
    deaths = iter([0, 1, 0, 1, 0, 0, 0, 0])

    def dies(task: Task) -> None:
        if next(deaths, 0):
            raise BrokenProcessPool("a worker was killed")

    found = graded(class_of(5), Serial(GONE, dies))
    assert {name: record.short() for name, record in found.items()} == {
        name: record.short() for name, record in graded(class_of(5)).items()
    }


def test_a_submission_that_kills_every_worker_is_given_up() -> None:
    def dies(task: Task) -> None:
        if task.student == "mallory":
            raise BrokenProcessPool("a worker was killed")

    found = graded([work("ada"), work("mallory"), work("zoe")], Serial(GONE, dies))
    assert {name: record.status for name, record in found.items()} == {
        "ada": "crashed",
        "mallory": "grader_error",
        "zoe": "crashed",
    }


def test_workers_that_cannot_be_started_are_given_seconds_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What starts them may have been killed: it refuses everybody until it is quite dead, and only then a new one is made.
    pauses: list[float] = []
    monkeypatch.setattr(grading, "sleep", pauses.append)

    class Refuses(Serial):
        def submit(self, *args: Any, **named: Any) -> Any:
            if sum(pauses) < 4:
                raise ConnectionRefusedError("Connection refused")
            return super().submit(*args, **named)

    assert graded([work("ada")], Refuses(GONE))["ada"].status == "crashed"
    assert pauses[0] < 0.1
    pauses[:] = [-1000.0]
    with pytest.raises(NoWorkers, match="Connection refused"):
        graded([work("ada")], Refuses(GONE))


def test_a_file_that_cannot_be_read_is_missing_and_says_why() -> None:
    def read() -> bytes:
        raise OSError(0, "damaged in the archive")

    [record] = graded([Submission("ada", EX03, "ada.py", read)]).values()
    assert record.status == "missing"
    assert record.message == "The file cannot be read: damaged in the archive."


def test_an_exercise_that_cannot_be_loaded_is_our_fault() -> None:
    [record] = graded([Submission("ada", "ex98_none", "x.py", lambda: ANSWER)]).values()
    assert (record.status, record.exercise) == ("grader_error", "ex98_none")


# --- the journal ---


def test_a_torn_last_line_is_cut_off_and_the_rest_is_kept(tmp_path: Path) -> None:
    records = list(graded(class_of(3)).values())
    with Journal(tmp_path) as journal:
        for record in records:
            journal.add(record)
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    with Journal(tmp_path) as journal:
        assert list(journal.records.values()) == records[:2]
        journal.add(records[2])
        journal.close_up()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["student"] for line in lines] == [
        "student 0",
        "student 1",
        "student 2",
    ]


def test_the_last_record_of_a_student_counts_and_junk_is_passed_over(tmp_path: Path) -> None:
    first, second = (record for k in (0, 1) for record in graded([work("ada", b"%d" % k)]).values())
    (tmp_path / "results.jsonl").write_bytes(b"junk\n\xff\n{}\n")
    with Journal(tmp_path) as journal:
        journal.add(first)
        journal.add(second)
    with Journal(tmp_path) as journal:
        assert journal.records == {second.key: second}


def test_a_run_that_goes_on_keeps_its_seed(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        seed = journal.seed(None, go_on=True)
        assert journal.seed(None, go_on=True) == seed
        assert journal.seed(5, go_on=True) == 5
        assert journal.seed(None, go_on=True) == 5


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with Journal(tmp_path), pytest.raises(Busy, match="another run"):
        Journal(tmp_path)


def test_a_run_that_writes_its_last_line_does_not_let_another_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock
    with Journal(tmp_path) as journal:

        def late(file: Any, how: int) -> None:
            monkeypatch.setattr(fcntl, "flock", flock)
            journal.close_up()  # between the other's opening of the file and its lock
            flock(file, how)

        monkeypatch.setattr(fcntl, "flock", late)
        with pytest.raises(Busy):
            Journal(tmp_path)


def test_a_file_system_without_locks_is_no_reason_not_to_grade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with Journal(tmp_path) as journal:
        assert journal.records == {}


@pytest.mark.parametrize(("before", "after"), [("kim", "kim (7)"), ("kim (7)", "kim")])
def test_a_student_who_is_told_apart_later_has_one_record(
    tmp_path: Path, before: str, after: str
) -> None:
    [bare] = graded([work("kim")]).values()
    told = {"lms": "canvas", "number": "7"}
    old, new = (bare.model_copy(update={"student": name, **told}) for name in (before, after))
    other = bare.model_copy(update={"student": "kim", "number": "8", "lms": "canvas", "exercise": "ex04_x"})  # fmt: skip
    with Journal(tmp_path) as journal:
        for record in (old, other, new):
            journal.add(record)
        assert list(journal.records.values()) == [other, new]
    with Journal(tmp_path) as journal:
        assert list(journal.records.values()) == [other, new]


def test_a_sandbox_that_was_ended_in_the_middle_gets_another_try() -> None:
    gone = Ending("grader_error", detail="the sandbox failed: it has ended")
    assert graded([work("ada")], sandbox=Says(gone, Ending("crashed")))["ada"].status == "crashed"
    assert graded([work("ada")], sandbox=Says(gone))["ada"].status == "grader_error"
