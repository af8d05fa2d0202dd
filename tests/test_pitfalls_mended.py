"""Servers without a pitfall: the careful one that the fixed halves build on, and the course's own."""

from __future__ import annotations

from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.pitfalls import PITFALLS
from lesson_kit.pitfalls.careful import CarefulServer
from lesson_kit.pitfalls.scene import WORDS, Scene
from lesson_kit.pitfalls.stage import play
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer


def test_the_careful_server_has_none_of_them() -> None:
    for name, pitfall in PITFALLS.items():
        # Ids are the model's business: it cannot know that this one has none to give.
        assert pitfall.shows(run(pitfall.look(CarefulServer))) == (name == "duplicate_ids")


def test_the_lesson_server_has_none_of_them() -> None:
    def server(model: Any, store: Any = None) -> LessonServer:
        return LessonServer(store, model=model)

    for pitfall in PITFALLS.values():
        assert not pitfall.shows(run(pitfall.look(server))), pitfall.name


def test_the_careful_server_keeps_the_partial_and_stops_the_model() -> None:
    evidence = run(play(Scene(Script.say(WORDS), leave_after=10), CarefulServer))
    assert evidence.answers == evidence.seen
    assert evidence.made <= 12


@pytest.mark.parametrize("read_delay", [0.0, 0.3])
def test_a_second_message_stops_the_first_answer_of_a_slow_reader_too(read_delay: float) -> None:
    talk = Scene(
        Script(Reply(WORDS), Reply("Of course.")),
        questions=("Why stream?", "Shorter, please."),
        interrupt_after=3.0,
        read_delay=read_delay,
    )
    evidence = run(play(talk, CarefulServer))
    assert evidence.errors == []
    assert evidence.seen[1] == "Of course."
    assert evidence.seen[0] in evidence.answers[0]
    assert evidence.answers[0] in WORDS
    assert evidence.made < 52


def test_the_careful_server_passes_errors_on() -> None:
    evidence = run(play(Scene(Script(Reply(WORDS, error="rate_limit", error_at=3))), CarefulServer))
    assert [error.code for error in evidence.errors] == ["stream.error"]
