"""A small course with one exercise, and a judge that needs no sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from lesson_kit.grader.exercise import Exercise, Right, Wrong
from lesson_kit.grader.result import CheckResult, Result
from lesson_kit.scene import Scene, Seen
from lesson_kit.workshop import Shelf

NAME = "ex01_count"
CHECKS = {"it counts": 2.0, "it ends": 1.0}
SOLUTION = """\
def count(limit):
    ### BEGIN SOLUTION: yield each number below limit
    yield from range(limit)
    ### END SOLUTION
"""
RIGHT = "def count(limit):\n    yield from range(limit)\n"


def an_exercise(name: str = NAME) -> Exercise:
    exercise = Exercise(
        name,
        title="Count to a limit",
        defines=["count"],
        hints=("Look at range.", "yield from takes what can be iterated.", "Return range(limit)."),
    )
    exercise.wrong = [
        Wrong("counts too far", "it counts", "one too many", edits=[("(limit)", "(limit + 1)")]),
        *(Wrong(f"says {n}", "it counts", "not count", source=f"say = {n}") for n in range(4)),
    ]
    exercise.right = [Right(f"written {n}", source=f"{RIGHT}# {n}") for n in range(3)]

    @exercise.scene
    def small(chance: Random) -> Scene:
        return Scene()

    for check, points in CHECKS.items():
        exercise.check(check, points=points, scene=small)(lambda seen: None)
    return exercise


@dataclass
class Judged:
    """What the real judge gives, as far as the desk looks at it."""

    result: Result
    seen: Mapping[str, Seen] = field(default_factory=dict)


def judged(exercise: Exercise, answer: Any) -> Judged:
    """Pass whatever counts with the whole range, by its text; nothing is run."""
    source = answer if isinstance(answer, str) else answer.source
    plain = "\n".join(line for line in source.split("\n") if "###" not in line)
    if "yield from range(limit)" in plain:
        return Judged(result_of(exercise, "passed"))
    seen = "It gave one too many." if "limit + 1" in plain else "It does not count."
    return Judged(result_of(exercise, "failed", seen=seen, line=2))


def result_of(exercise: Exercise, status: Any, **told: Any) -> Result:
    """Give a result in which the first check has this status, and the other was not reached unless all is well."""
    passed = status == "passed"
    checks = [
        CheckResult(
            name=check.name,
            status=status if passed or place == 0 else "not_reached",
            points=check.points if passed else 0.0,
            max_points=check.points,
            **({"expected": "0, 1, 2", "next_step": "Look at the limit.", **told} if not (passed or place) else {}),
        )
        for place, check in enumerate(exercise.checks)
    ]  # fmt: skip
    return Result(exercise=exercise.name, isolation="fake", checks=checks)


def a_course(root: Path) -> Shelf:
    """Write the exercise's solution below a folder; what the folder holds besides stays."""
    for name in ("notebooks", "exercises/checks", "solutions"):
        (root / name).mkdir(parents=True, exist_ok=True)
    shelf = Shelf(root)
    cells = [
        {"cell_type": "markdown", "id": "01", "metadata": {}, "source": "# Count"},
        code("02", SOLUTION, "answer"),
        code("03", 'check("ex01")', "check"),
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    shelf.solution(NAME).write_text(json.dumps(document), encoding="utf-8")
    return shelf


def code(name: str, source: str, tag: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": name, "metadata": {"tags": [tag]}, "source": source,
        "execution_count": None, "outputs": [],
    }  # fmt: skip
