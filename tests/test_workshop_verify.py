"""`verify`: a sound exercise holds, and each thing that can be wrong with one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from lesson_kit.grader.exercise import Exercise, Right, Wrong
from lesson_kit.grader.result import Result
from lesson_kit.workshop import Problem, Shelf, build, messages, verify
from lesson_kit.workshop.claims import made_of
from tests.course import NAME, SOLUTION, a_course, an_exercise, judged, result_of


def judge(exercise: Exercise, source: str, seed: int) -> Result:
    return judged(exercise, source).result


def unrun(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = a_course(tmp_path)
    list(build([NAME], {NAME: an_exercise()}, shelf=shelf, run=unrun))
    return shelf


def problems(shelf: Shelf, exercise: Exercise, judge: Any = judge) -> list[Problem]:
    [one] = verify([NAME], {NAME: exercise}, shelf=shelf, judge=judge)
    assert one.holds == (not one.problems)
    for problem in one.problems:
        assert problem.exercise == NAME
        assert problem.expected
        assert problem.came
        assert problem.next_step
    return list(one.problems)


def test_a_sound_exercise_holds(shelf: Shelf) -> None:
    assert problems(shelf, an_exercise()) == []
    [one] = verify([NAME], {NAME: an_exercise()}, shelf=shelf, judge=judge)
    assert one.answers == 10


def test_a_stub_that_earns_points_is_told(shelf: Shelf) -> None:
    def kind(exercise: Exercise, source: str, seed: int) -> Result:
        return result_of(exercise, "passed" if "TODO" in source else "failed")

    told = problems(shelf, an_exercise(), kind)
    assert [p.what for p in told[:2]] == [
        "the untouched stub in 'it counts'",
        "the untouched stub in 'it ends'",
    ]
    assert told[0].came.startswith("passed with 2 points")


def test_a_stub_that_fails_by_our_fault_is_told(shelf: Shelf) -> None:
    def broken(exercise: Exercise, source: str, seed: int) -> Result:
        return (
            result_of(exercise, "grader_error")
            if "TODO" in source
            else judge(exercise, source, seed)
        )

    [one] = problems(shelf, an_exercise(), broken)
    assert one.came.startswith("grader_error")


def test_a_solution_that_passes_with_some_seeds_only_is_told(shelf: Shelf) -> None:
    def moody(exercise: Exercise, source: str, seed: int) -> Result:
        return judge(exercise, source if seed != 3 else "x", seed)

    told = problems(shelf, an_exercise(), moody)
    assert told[0].what == "the solution, seed 3"
    assert "'it counts' failed: 0, 1, 2 / It does not count." in told[0].came
    assert len(told) == 4  # the right answers too


def test_a_right_answer_that_fails_is_told(shelf: Shelf) -> None:
    exercise = an_exercise()
    exercise.right.append(Right("by hand", source="def count(limit): ..."))
    assert [p.what for p in problems(shelf, exercise)] == ["right answer 'by hand', seed 1"]


@pytest.mark.parametrize(
    ("wrong", "came"),
    [
        (Wrong("w", "it counts", "x", edits=[("range(limit)", "range(limit)  #")]), "all checks passed"),
        (Wrong("w", "it ends", "one too many", edits=[("(limit)", "(limit + 1)")]), "'it counts' failed"),
        (Wrong("w", "it counts", "two too many", edits=[("(limit)", "(limit + 1)")]), "one too many"),
        (Wrong("w", "it counts", "x", edits=[("no such text", "")]), "one does not"),
    ],
)  # fmt: skip
def test_a_wrong_answer_must_fail_in_its_check_and_read_its_words(
    shelf: Shelf, wrong: Wrong, came: str
) -> None:
    exercise = an_exercise()
    exercise.wrong[0] = wrong
    [one] = problems(shelf, exercise)
    assert came in one.came


def test_what_an_exercise_must_hold_is_counted(shelf: Shelf) -> None:
    exercise = an_exercise()
    exercise.hints = ("one", "two", " ")
    exercise.wrong.pop()
    exercise.right.pop()
    told = {p.what: (p.expected, p.came) for p in problems(shelf, exercise)}
    assert told["hints"] == ("3", "2")
    assert told["wrong answers"] == ("5 or more", "4")
    assert told["right answers"] == ("3 or more", "2")


def test_a_stub_that_was_changed_by_hand_has_drifted(shelf: Shelf) -> None:
    target = shelf.exercise(NAME)
    target.write_text(target.read_text().replace("# Count", "# Count!"))
    [one] = problems(shelf, an_exercise())
    assert one.what == "stub and solution"
    assert one.next_step == "Change the solution, then run: lesson-kit build ex01"


def test_broken_nbgrader_metadata_is_told(shelf: Shelf) -> None:
    notebook = nbformat.read(shelf.exercise(NAME), as_version=4)  # type: ignore[no-untyped-call]
    del notebook.cells[1].metadata["nbgrader"]
    nbformat.write(notebook, shelf.exercise(NAME))  # type: ignore[no-untyped-call]
    [one] = problems(shelf, an_exercise())
    assert one.what == "nbgrader's metadata in exercises/"


def test_missing_files_are_problems_and_no_tracebacks(shelf: Shelf) -> None:
    shelf.exercise(NAME).unlink()
    [one] = problems(shelf, an_exercise())
    assert "expected exercises/ex01_count.ipynb" in one.came
    [other] = verify(["ex09_lost"], {}, shelf=shelf, judge=judge)
    assert other.problems[0].what == "the check file"


def test_all_messages_of_wrong_answers_come_in_one_list(shelf: Shelf) -> None:
    exercise = an_exercise()
    exercise.wrong.append(Wrong("not wrong at all", "it ends", "x", source=SOLUTION))
    told = list(messages([NAME], {NAME: exercise}, shelf=shelf, judge=judge))
    assert told[0].answer == "counts too far"
    assert told[0].seen == "It gave one too many."
    assert told[-1].status == "passed"


def test_edits_change_the_solution_one_after_the_other() -> None:
    edits = [("range", "reversed"), ("reversed(", "list(")]
    assert made_of(Right("r", edits=edits), "range(3)") == "list(3)"
    assert made_of(Right("r", source="x", edits=[("x", "y")]), "range(3)") == "y"
