"""Chance in an answer comes out the same in the same scene, and this process keeps its own."""

from __future__ import annotations

import random

from lesson_kit.scene import Call, Scene
from tests.grading import see

SOURCE = (
    "import random\ndef draw(faces):\n    return [random.randint(1, faces) for _ in range(8)]\n"
)


def drawn(faces: int) -> list[int]:
    found: list[int] = see(SOURCE, Scene(uses="draw", call=Call([faces]))).returned
    return found


def test_the_same_scene_draws_the_same_numbers_and_another_one_draws_others() -> None:
    assert drawn(10**9) == drawn(10**9)
    assert len(set(drawn(10**9)) | set(drawn(10**9 + 1))) == 16


def test_the_numbers_of_whoever_plays_the_scene_go_on_as_if_nothing_had_been() -> None:
    random.seed(3)
    before = random.getstate()
    drawn(6)
    assert random.getstate() == before
