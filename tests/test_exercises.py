"""The exercises: what a student gets is made of what the author wrote, and the checks tell right from wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from lesson_kit.answer import Answer
from lesson_kit.grader import Exercise, Result, judge, load_exercises
from lesson_kit.sandbox import Sandbox
from lesson_kit.workshop import Shelf, build, verify
from tests.kernels.nursery import Nursery, Outcome
from tests.test_notebooks import code_of, paths_asked_for

ROOT = Path(__file__).parent.parent
EXERCISES = load_exercises(ROOT / "exercises" / "checks")
SHELF = Shelf(ROOT)
SOLUTIONS = sorted((ROOT / "solutions").glob("ex*.ipynb"))
each_one = pytest.mark.parametrize("name", list(EXERCISES))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def judged(sandbox: Sandbox, exercise: Exercise, answer: Answer | str, seed: int) -> Result:
    return judge(exercise, answer, sandbox=sandbox, seed=seed).result


def test_there_are_ten_of_the_course_and_each_has_its_solution() -> None:
    assert [path.stem for path in SOLUTIONS] == sorted(EXERCISES)
    assert {f"ex{number:02}" for number in range(1, 11)} <= {name[:4] for name in EXERCISES}


@each_one
def test_the_students_notebook_is_what_build_makes(name: str) -> None:
    (built,) = build([name], EXERCISES, shelf=SHELF, check=True)
    assert built.stale == "", "run: make exercises"


@pytest.mark.slow
@pytest.mark.live
@each_one
def test_stub_solution_wrong_and_right_answers_get_what_they_should(
    name: str, sandbox: Sandbox
) -> None:
    (verified,) = verify([name], EXERCISES, shelf=SHELF, judge=partial(judged, sandbox))
    assert verified.problems == []
    assert verified.answers >= 10


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, kernels: Nursery) -> dict[Path, Outcome]:
    return kernels.nbval(*paths_asked_for(request))


@pytest.mark.notebooks
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_running_a_solution_gives_the_outputs_that_are_committed(
    path: Path, outcomes: dict[Path, Outcome]
) -> None:
    assert outcomes[path] == Outcome(passed=len(code_of(path)))
