"""The commands about exercises, in this process: what they print, their exit codes, what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lesson_kit.cli import app
from lesson_kit.logbook import Logbook, logbook_file
from lesson_kit.workshop import Shelf, build
from tests.course import NAME, RIGHT, a_course, an_exercise, judged

CHECKS = "from tests.course import an_exercise\nEXERCISE = an_exercise()\n"
WRONG = "def count(limit):\n    yield from range(limit + 1)\n"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A course of one exercise round the working directory, and a judge that runs nothing."""
    shelf = a_course(tmp_path)
    (tmp_path / "exercises" / "checks" / f"{NAME}.py").write_text(CHECKS)
    list(build([NAME], {NAME: an_exercise()}, shelf=shelf, run=lambda path: path.read_text()))

    def judge(exercise: Any, answer: Any, *, seed: int | None = None) -> Any:
        return judged(exercise, answer)

    monkeypatch.setattr("lesson_kit.grader.judge", judge)
    monkeypatch.chdir(tmp_path)
    return shelf


def call(*args: str) -> Result:
    result = CliRunner().invoke(app, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answer_with(shelf: Shelf, source: str) -> None:
    path = shelf.exercise(NAME)
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["source"] = source
    path.write_text(json.dumps(notebook))


def test_check_takes_the_saved_notebook_of_an_exercise(shelf: Shelf) -> None:
    answer_with(shelf, WRONG)
    done = call("check", "ex01")
    assert done.exit_code == 1
    assert "It gave one too many." in done.stdout
    assert "line 2 of ex01_count.ipynb, cell 2" in done.stdout
    answer_with(shelf, RIGHT)
    done = call("check", NAME)
    assert done.exit_code == 0
    assert "✓ Passed: 3 of 3 points." in done.stdout
    entry = Logbook(logbook_file()).entry(NAME)
    assert (entry.attempts, entry.tries, entry.passed) == (2, 2, True)


def test_check_takes_a_file_whose_name_or_option_says_the_exercise(tmp_path: Path) -> None:
    for name, more in (
        ("my_ex01_answer.py", ()),
        ("EX01.PY", ()),  # as Windows may show it
        ("answer.py", ("--exercise", "ex01")),
    ):
        (tmp_path / name).write_text(RIGHT)
        done = call("check", name, "--json", *more)
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert (told["exercise"], told["score"], told["status"]) == (NAME, 3.0, "passed")
    (tmp_path / "ex01.py").write_text("def count(")
    assert call("check", "ex01.py", "--json").exit_code == 1


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["check", "ex07"], "There is no exercise 'ex07'"),
        (["check", "gone_ex01.py"], "there is no gone_ex01.py"),
        (["check", "answer.py"], "--exercise ex03"),
        (["check", "complex01.py"], "--exercise ex03"),
        (["hint", "nonsense"], "There are: ex01."),
        (["build", "ex07"], "expected one of ex01_count"),
        (["verify", "ex07"], "expected one of ex01_count"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(args: list[str], told: str) -> None:
    done = call(*args)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_check_file_that_cannot_be_loaded_is_one_line(shelf: Shelf) -> None:
    (shelf.root / "exercises" / "checks" / "ex02_broken.py").write_text("EXERCISE = 1 / 0")
    done = call("progress")
    assert done.exit_code == 2
    assert "ex02_broken.py cannot be loaded: ZeroDivisionError" in done.stderr


def test_hints_solution_progress_and_next_tell_one_story(shelf: Shelf) -> None:
    assert "hint 1 of 3" in call("hint", "ex01").stdout
    assert "hint 2 of 3" in call("hint", "1").stdout
    closed = call("solution", "ex01")
    assert closed.exit_code == 1
    assert "still closed" in closed.stdout
    assert "Open exercises/ex01_count.ipynb" in call("next").stdout
    answer_with(shelf, RIGHT)
    call("check", "ex01")
    assert "yield from range(limit)" in call("solution", "ex01").stdout
    page = call("progress")
    assert page.exit_code == 0
    assert "1 of 1 exercises done, 3 of 3 points." in page.stdout
    [told] = json.loads(call("progress", "--json").stdout)["exercises"]
    assert (told["passed"], told["hints"], told["solution_opened"]) == (True, 2, True)
    assert "All exercises are done." in call("next").stdout


def test_reset_keeps_a_backup_and_a_lost_notebook_comes_back(shelf: Shelf) -> None:
    answer_with(shelf, RIGHT)
    done = call("reset", "ex01")
    assert done.exit_code == 0
    assert "ex01_count.backup-1.ipynb" in done.stdout
    assert (
        RIGHT.splitlines()[1]
        in shelf.exercise(NAME).with_name("ex01_count.backup-1.ipynb").read_text()
    )
    shelf.exercise(NAME).unlink()
    lost = call("check", "ex01")
    assert lost.exit_code == 2
    assert "lesson-kit reset ex01" in lost.stderr
    assert call("reset", "ex01").exit_code == 0
    assert call("check", "ex01").exit_code == 1


def test_build_check_tells_what_is_out_of_date(shelf: Shelf) -> None:
    done = call("build", "--check")
    assert done.exit_code == 1  # this course's solution was never run
    assert "not run" in done.stdout
    assert "Run: lesson-kit build" in done.stderr


def test_verify_prints_a_line_for_each_exercise_and_what_does_not_hold(shelf: Shelf) -> None:
    done = call("verify")
    assert (done.exit_code, done.stdout) == (0, "ex01_count: ✓ 10 answers judged\n")
    (shelf.root / "exercises" / "checks" / f"{NAME}.py").write_text(
        CHECKS + "EXERCISE.hints = ()\n"
    )
    done = call("verify", "ex01")
    assert done.exit_code == 1
    assert "expected:  3" in done.stdout
    assert "came:      0" in done.stdout
    told = json.loads(call("verify", "--json").stdout)["exercises"][0]
    assert not told["holds"]
    assert told["problems"][0]["what"] == "hints"


def test_verify_lists_the_messages_of_all_wrong_answers() -> None:
    done = call("verify", "--messages")
    assert done.exit_code == 0
    assert "ex01_count  counts too far" in done.stdout
    assert "It gave one too many." in done.stdout
    assert len(json.loads(call("verify", "--messages", "--json").stdout)) == 5


@pytest.mark.parametrize(
    "command", ["check", "hint", "solution", "reset", "progress", "next", "build", "verify"]
)
def test_help_shows_an_example(command: str) -> None:
    done = call(command, "--help")
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert f"lesson-kit {command}" in done.stdout
