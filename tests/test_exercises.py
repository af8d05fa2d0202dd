"""The exercises: what a student gets is made of what the author wrote, and the checks tell right from wrong.

`lesson-kit verify` proves the same within the sandbox's walls, with more seeds.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from lesson_kit.answer import Answer
from lesson_kit.grader import Exercise, Result, judge, load_exercises
from lesson_kit.workshop import Shelf, build, verify
from tests.grading import NoWalls

ROOT = Path(__file__).parent.parent
EXERCISES = load_exercises(ROOT / "exercises" / "checks")
SHELF = Shelf(ROOT)
each_one = pytest.mark.parametrize("name", list(EXERCISES))


def judged(exercise: Exercise, answer: Answer | str, seed: int) -> Result:
    return judge(exercise, answer, sandbox=NoWalls(), seed=seed).result


def test_there_are_thirteen_of_the_course_and_each_has_its_solution() -> None:
    assert [path.stem for path in sorted((ROOT / "solutions").glob("*.ipynb"))] == sorted(EXERCISES)
    assert {f"ex{number:02}" for number in range(1, 14)} <= {name[:4] for name in EXERCISES}


@each_one
def test_the_students_notebook_is_what_build_makes(name: str) -> None:
    (built,) = build([name], EXERCISES, shelf=SHELF, check=True)
    assert built.stale == "", "run: make exercises"


@pytest.mark.slow
# Wrong answers leave tasks and coroutines behind: some of them are wrong for just that.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@each_one
def test_stub_solution_wrong_and_right_answers_get_what_they_should(name: str) -> None:
    (verified,) = verify([name], EXERCISES, shelf=SHELF, judge=judged, seeds=[1])
    gc.collect()  # here and now: what a wrong answer forgot must not be found in the middle of another test
    assert verified.problems == []
    assert verified.answers >= 10
