"""Observers of a turn: told in order, each kept apart from the stream and from the others."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.observe import TurnFacts, TurnObserver
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.streamlog import StreamLog, json_lines
from tests.conversation import Conversation


class Broken(TurnObserver):
    """An observer that fails at a step, and counts how often it is told."""

    def __init__(self, step: str) -> None:
        self.step, self.told = step, 0

    def turn(self, facts: TurnFacts) -> TurnObserver:
        if self.step == "turn":
            raise OSError("no room on the disk")
        return self

    def model_delta(self, seconds_since_previous: float | None) -> None:
        self.told += 1
        raise OSError("no room on the disk")


@pytest.mark.parametrize("step", ["turn", "model_delta"])
def test_an_observer_that_fails_does_not_end_the_turn(
    step: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, file = Broken(step), io.StringIO()

    async def main() -> list[tuple[str, str]]:
        talk = Conversation(
            Script.say("one two three"), observers=[broken, StreamLog(json_lines(file))]
        )
        await talk.ask("Hi")
        return await talk.saved()

    assert run(main())[-1] == ("assistant_message", "one two three")
    assert json.loads(file.getvalue())["outcome"] == "done"
    assert broken.told <= 1
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "Broken failed" in record.getMessage()


def test_the_steps_of_a_turn_come_in_their_order() -> None:
    class Steps(TurnObserver):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def turn(self, facts: TurnFacts) -> TurnObserver:
            return self

        def __getattribute__(self, name: str) -> Any:
            if name in vars(TurnObserver) and not name.startswith("_"):
                self.seen.append(name)
            return super().__getattribute__(name)

    steps = Steps()
    server = LessonServer(model=Script.say("one two").model(), observers=[steps])
    run(talk(server, "Hi"))
    told = [name for name in steps.seen if name != "model_answered"]
    assert told == [
        "turn_started",
        "model_called",
        "first_token",
        "model_delta",
        "model_delta",
        "turn_ended",
    ]
    assert steps.seen.count("model_answered") == 1


def test_nothing_is_told_after_the_end_when_the_generator_is_closed() -> None:
    class Order(TurnObserver):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def turn(self, facts: TurnFacts) -> TurnObserver:
            return self

        def model_delta(self, seconds_since_previous: float | None) -> None:
            self.seen.append("delta")

        def turn_ended(self, outcome: str, error: str | None = None) -> None:
            self.seen.append(outcome)

    order = Order()

    async def main() -> None:
        talk = Conversation(Script.say(["w"] * 50, gap=0.1), observers=[order])
        await talk.ask_and_leave("Hi", after=5)
        await talk.server.drain()

    run(main())
    assert order.seen[-1] == "stopped"
    assert order.seen.count("stopped") == 1
