"""`lesson-kit grade` in this process: what it takes, what it prints, how it ends."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lesson_kit import gradebook
from lesson_kit.cli import app
from lesson_kit.gradebook.worker import Task
from lesson_kit.sandbox.job import Ending
from tests.gradebook.serial import Serial
from tests.grading import Says

ANSWER = "class ThinkingServer: pass\n"
OF_A_SUBMISSION = {"student", "exercise", "score", "max_score", "status", "isolation", "checks"}
OF_A_CHECK = {"name", "status", "points", "max_points", "expected", "seen", "next_step", "line"}

Grades = Callable[..., Result]


@pytest.fixture
def serial(monkeypatch: pytest.MonkeyPatch) -> Serial:
    """Grades in this process; no answer is run."""
    made = Serial(Says(Ending("crashed", detail="exit code 0 before the end")))
    monkeypatch.setattr(gradebook, "processes", lambda workers: lambda: made)
    return made


@pytest.fixture
def grade(serial: Serial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grades:
    monkeypatch.chdir(tmp_path)
    for student in ("ada", "alan", "grace"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "ex03.py").write_text(ANSWER)

    def call(*args: str) -> Result:
        done = CliRunner().invoke(app, ["grade", *args])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return call


def graded(serial: Serial) -> list[str]:
    found = [student for student, _ in serial.graded]
    serial.graded.clear()
    return found


def test_json_has_the_promised_shape(grade: Grades) -> None:
    done = grade("class", "--json", "--seed", "1")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert set(told) == {"submissions"}
    assert [one["student"] for one in told["submissions"]] == ["ada", "alan", "grace"]
    assert {frozenset(one) for one in told["submissions"]} == {frozenset(OF_A_SUBMISSION)}
    assert {frozenset(check) for one in told["submissions"] for check in one["checks"]} == {frozenset(OF_A_CHECK)}  # fmt: skip
    assert {one["status"] for one in told["submissions"]} == {"crashed"}


def test_resume_grades_what_is_new_or_changed_with_the_same_seed(grade: Grades, serial: Serial) -> None:  # fmt: skip
    assert grade("class").exit_code == 0
    assert graded(serial) == ["ada", "alan", "grace"]
    seed = Path("grades/run.json").read_text()
    Path("class/alan/ex03.py").write_text(f"{ANSWER}# again\n")
    Path("class/zoe").mkdir()
    Path("class/zoe/ex03.py").write_text(ANSWER)
    done = grade("class", "--resume")
    assert graded(serial) == ["alan", "zoe"]
    assert Path("grades/run.json").read_text() == seed
    assert "4 submissions graded" in done.stdout
    grade("class")
    assert len(graded(serial)) == 4


def test_one_student_is_graded_again_and_the_others_stay(grade: Grades, serial: Serial) -> None:
    grade("class")
    graded(serial)
    done = grade("class", "--student", "ADA", "--exercise", "3", "--json")
    assert graded(serial) == ["ada"]
    assert [one["student"] for one in json.loads(done.stdout)["submissions"]] == ["ada"]
    assert len(Path("grades/results.jsonl").read_text().splitlines()) == 3
    assert len(list(Path("grades/feedback").iterdir())) == 3


def test_a_part_that_is_graded_again_does_not_make_resume_grade_all_again(
    grade: Grades, serial: Serial
) -> None:
    grade("class")
    graded(serial)
    grade("class", "--student", "ada")
    grade("class", "--exercise", "ex03", "--student", "alan")
    assert graded(serial) == ["ada", "alan"]
    grade("class", "--resume")
    assert graded(serial) == []


def test_a_fault_of_ours_ends_with_1_and_is_named(grade: Grades, serial: Serial) -> None:
    def breaks(task: Task) -> None:
        if task.student == "alan":
            raise RuntimeError("no memory left")

    serial.before = breaks
    done = grade("class")
    assert done.exit_code == 1
    assert "a fault of ours: alan" in done.stderr
    assert "no memory left" in done.stderr
    serial.before = None
    graded(serial)
    assert grade("class", "--resume").exit_code == 0
    assert graded(serial) == ["alan"]


def test_half_a_character_in_a_notebook_costs_that_submission_alone(grade: Grades) -> None:
    cells = [{"cell_type": "code", "source": ANSWER + "x = '\ud800'"}]
    Path("class/bo").mkdir()
    Path("class/bo/ex03.ipynb").write_text(json.dumps({"cells": cells}))
    done = grade("class", "--json")
    assert done.exit_code == 0
    assert [one["status"] for one in json.loads(done.stdout)["submissions"]] == [
        "crashed", "crashed", "syntax_error", "crashed",
    ]  # fmt: skip


def test_ctrl_c_ends_the_workers_and_says_how_to_go_on(
    grade: Grades, serial: Serial, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Worker:
        ended = 0

        def terminate(self) -> None:
            Worker.ended += 1

    def interrupted(task: Task) -> None:
        if task.student == "grace":
            raise KeyboardInterrupt

    monkeypatch.setattr("multiprocessing.active_children", lambda: [Worker(), Worker()])
    serial.before = interrupted
    done = grade("class")
    assert (done.exit_code, Worker.ended) == (130, 2)
    assert "stopped. What is graded is kept: go on with --resume" in done.stderr
    serial.before = None
    graded(serial)
    assert "3 submissions graded" in grade("class", "--resume").stdout


def test_a_student_is_found_however_the_name_was_typed(grade: Grades, serial: Serial) -> None:
    Path("class/José").mkdir()
    Path("class/José/ex03.py").write_text(ANSWER)
    assert grade("class", "--student", "jose\u0301").exit_code == 0
    assert graded(serial) == ["José"]


def test_files_that_are_not_graded_are_listed_and_cost_nothing(grade: Grades) -> None:
    Path("class/ada/photo.png").write_bytes(b"x")
    with zipfile.ZipFile("late.zip", "w") as archive:
        archive.writestr("hopper_LATE_1_2_ex03.py", ANSWER)
        archive.writestr("../evil_ex03.py", ANSWER)
        archive.writestr("my:smile:[b].png", b"x")
    done = grade("class", "late.zip")
    assert done.exit_code == 0
    assert "4 submissions graded" in done.stdout
    assert "not graded: ada/photo.png" in done.stderr
    assert "not graded: my:smile:[b].png" in done.stderr
    assert "leads out of the archive" in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], "there is no nowhere"),
        (["class", "--exercise", "ex77"], "ex77"),
        (["class", "--exercise", "ex04"], "there are submissions for ex03"),
        (["class", "--student", "mallory"], "There are: ada, alan, grace"),
        (["class", "--out", "class/ada/ex03.py"], "cannot write to class/ada/ex03.py"),
        (["class", "--seed", "-1"], "--seed"),
        ([], "Missing argument"),
    ],
)
def test_bad_use_ends_with_2_and_one_clear_line(grade: Grades, args: list[str], told: str) -> None:
    done = grade(*args)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_two_runs_at_once_are_told_apart(grade: Grades) -> None:
    pytest.importorskip("fcntl")
    with gradebook.Journal(Path("grades")):
        done = grade("class")
    assert done.exit_code == 2
    assert "another run writes to grades" in done.stderr
