"""`check("ex01")` and its companions, as a notebook calls them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lesson_kit import desk
from lesson_kit.desk import notebook
from lesson_kit.logbook import Logbook, logbook_file
from tests.course import NAME, RIGHT, a_course, judged

CHECKS = "from tests.course import an_exercise\nEXERCISE = an_exercise()\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that were run in a notebook of a course; `In` counts from 1."""
    cells = [""]
    shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=cells), user_ns={})
    a_course(tmp_path)
    (tmp_path / "exercises" / "checks" / f"{NAME}.py").write_text(CHECKS)
    monkeypatch.chdir(tmp_path / "exercises")
    monkeypatch.setattr(notebook, "_shell", lambda: shell)
    monkeypatch.setattr("lesson_kit.grader.judge", judged)
    return cells


def test_check_takes_the_cell_that_was_run_last_and_writes_the_logbook(run: list[str]) -> None:
    run += ["def count(limit): ...", 'check("ex01")']
    card = desk.check("ex01")
    assert "failed" in str(card)
    run += [RIGHT, 'check("ex01")']
    assert "✓ Passed: 3 of 3 points." in str(desk.check("ex01"))
    assert Logbook(logbook_file()).entry(NAME).tries == 2
    assert "1 of 1 exercises done" in str(desk.progress())


def test_without_an_answer_it_says_which_cell_to_run(run: list[str]) -> None:
    run += ["x = 1", 'check("ex01")']
    note = desk.check("ex01")
    assert "Expected a cell that defines count" in str(note)
    assert Logbook(logbook_file()).entries() == {}


@pytest.mark.parametrize("name", ["ex01", "1", "01", "EX01", " ex1 ", NAME])
def test_an_exercise_may_be_named_in_short(run: list[str], name: str) -> None:
    assert "hint 1 of 3" in str(desk.hint(name))


def test_an_unknown_exercise_is_a_note_and_no_traceback(run: list[str]) -> None:
    for call in (desk.check, desk.hint, desk.solution, desk.reset):
        told = str(call("ex9<b>"))
        assert "There is no exercise 'ex9<b>'" in told
        assert "There are: ex01." in told
    given: Any = 7
    assert "There is no exercise 7." in str(desk.hint(given))


def test_a_course_that_cannot_be_read_is_a_note(run: list[str]) -> None:
    Path("checks/ex02_broken.py").write_text("1 / 0")
    for note in (desk.check("ex01"), desk.progress()):
        assert "ex02_broken.py cannot be loaded" in str(note)
        assert "not yours" in str(note)


def test_running_a_solution_leaves_no_trace_in_the_logbook(
    run: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "solutions")
    run += [RIGHT]
    for _ in range(2):
        card = desk.check("ex01")
        assert card.passed
        assert card.notes == ()  # nothing that changes when another exercise comes
    assert "hint 1 of 3" in str(desk.hint("ex01"))
    assert not logbook_file().exists()


def test_outside_of_a_notebook_check_names_the_command(
    run: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "_shell", lambda: None)
    assert "lesson-kit check ex01" in str(desk.check("ex01"))


def test_outside_of_a_notebook_nothing_is_started() -> None:
    assert notebook._shell() is None
    desk.notebook.get_ready()
