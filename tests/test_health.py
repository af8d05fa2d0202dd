"""StreamHealth: the first token apart from the speed, failures over started streams, and no figure out of nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.health import Health, StreamHealth
from lesson_kit.script import Script
from lesson_kit.server import LessonServer


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.t = 100.0

    def __call__(self) -> float:
        return self.t


def measured(*steps: float | str, pause: float = 1.0) -> Health:
    """One stream: a number waits that long and says a delta; a word ends it."""
    clock = Clock()
    health = StreamHealth(now=clock, pause=pause)
    stream = health.stream()
    for step in steps:
        if isinstance(step, str):
            stream.end(step)
        else:
            clock.t += step
            stream.delta()
    return health.snapshot()


def test_nothing_has_no_speed_no_share_and_no_first_token() -> None:
    health = StreamHealth(now=Clock()).snapshot()
    assert (health.started, health.active, health.failed, health.deltas) == (0, 0, 0, 0)
    assert health.outcomes == {}
    unknown = (health.failed_share, health.first_token_s, health.first_token_max_s)
    assert unknown == (None, None, None)
    assert (health.waiting_s, health.deltas_per_second) == (None, None)


def test_the_wait_for_the_first_token_is_no_part_of_the_speed() -> None:
    health = measured(10.0, *[0.02] * 100, "done")
    assert health.first_token_s == pytest.approx(10)
    assert health.deltas_per_second == pytest.approx(50)


def test_an_instant_burst_has_no_speed() -> None:
    health = measured(1.0, *[0.0] * 199, "done")
    assert health.deltas == 200
    assert health.deltas_per_second is None


def test_a_single_delta_has_no_speed() -> None:
    assert measured(1.0, "done").deltas_per_second is None


def test_a_pause_is_counted_and_not_taken_for_slow_text() -> None:
    health = measured(1.0, 0.1, 0.1, 5.0, 0.1, "done")
    assert health.deltas_per_second == pytest.approx(10)
    assert health.pauses == 1


def test_a_stream_that_failed_without_a_token_is_a_failure_of_one_stream() -> None:
    health = measured("error")
    assert (health.failed, health.failed_share, health.without_token) == (1, 1.0, 1)
    assert health.first_token_s is None


@pytest.mark.parametrize("tokens", [1, 100])
def test_the_share_of_failures_does_not_depend_on_the_length_of_answers(tokens: int) -> None:
    assert measured(*[0.01] * tokens, "error").failed_share == 1.0


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [("done", 0), ("stopped", 0), ("interrupted", 0), ("error", 1), ("timeout", 1), ("refused", 1)],
)
def test_a_user_who_stops_is_no_failure(outcome: str, failed: int) -> None:
    assert measured(1.0, outcome).failed == failed


def test_a_stream_that_waits_is_seen_while_it_waits() -> None:
    clock = Clock()
    health = StreamHealth(now=clock)
    first, _second = health.stream(), health.stream()
    clock.t += 30
    third = health.stream()
    third.delta()
    assert health.snapshot().waiting_s == 30
    first.delta()
    first.end("done")
    snapshot = health.snapshot()
    assert (snapshot.started, snapshot.active, snapshot.waiting_s) == (3, 2, 30)


def test_a_stream_ends_once() -> None:
    health = StreamHealth(now=Clock())
    stream = health.stream()
    stream.end("done")
    with pytest.raises(RuntimeError, match="expected a stream that has not ended"):
        stream.end("error")
    assert health.snapshot().outcomes == {"done": 1}


def test_a_month_of_streams_takes_no_more_room_than_a_day() -> None:
    health = StreamHealth(now=Clock())
    for _ in range(3000):
        stream = health.stream()
        stream.delta()
        stream.end("done")
    assert len(health._first_tokens) == 1000
    assert health._active == set()
    assert health.snapshot().started == 3000


def test_the_default_clock_is_that_of_the_loop() -> None:
    async def main() -> Health:
        health = StreamHealth()
        stream = health.stream()
        await asyncio.sleep(2)
        stream.delta()
        return health.snapshot()

    assert run(main()).first_token_s == 2


def served(script: Script, *questions: str, **link: Any) -> Health:
    async def main() -> Health:
        health = StreamHealth()
        server = LessonServer(model=script.model(), observers=[health])
        await talk(server, *questions, **link)
        await server.drain()
        return health.snapshot()

    work: Coroutine[Any, Any, Health] = main()
    return run(work)


def test_a_server_tells_it_of_every_turn() -> None:
    health = served(Script.say("a b c d e", thinking=2, gap=0.1, then_repeat=True), "Hi", "Again")
    assert health.outcomes == {"done": 2}
    assert health.first_token_s == pytest.approx(2, abs=0.1)
    assert health.deltas == 10
    assert health.deltas_per_second == pytest.approx(10, rel=0.01)


def test_a_model_that_fails_at_once_is_a_failure() -> None:
    health = served(Script.say("a", error="quota"), "Hi")
    assert (health.outcomes, health.failed_share) == ({"error": 1}, 1.0)
    assert health.without_token == 1
