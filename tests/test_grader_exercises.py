"""Every exercise in process: its stub earns nothing, its solution everything. `lesson-kit verify` proves the rest."""

from __future__ import annotations

import pytest

from lesson_kit.grader import find_exercise, judge
from lesson_kit.workshop.claims import told
from lesson_kit.workshop.markers import stub

from .grading import ROOT, NoWalls, solution

NAMES = sorted(path.stem for path in (ROOT / "solutions").glob("ex*.ipynb"))


def test_there_are_exercises() -> None:
    assert "ex03_thinking_indicator" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_earns_nothing_and_the_solution_everything(name: str) -> None:
    exercise, source = find_exercise(name), solution(name)
    stubbed = judge(exercise, stub(source), sandbox=NoWalls(), seed=1).result
    solved = judge(exercise, source, sandbox=NoWalls(), seed=1).result
    assert stubbed.score == 0
    assert "grader_error" not in {check.status for check in stubbed.checks}
    assert [told(check) for check in solved.checks if check.status != "passed"] == []
    assert len(exercise.hints) == 3
