"""Three time limits, judged where the model speaks."""

import asyncio

import pytest

from lesson_kit.clock import run
from lesson_kit.script import Script
from lesson_kit.server.limits import Limits, Watchdog
from tests.conversation import Conversation, deltas

NONE = Limits(None, None, None)


def expired(limits: Limits, steps: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Drive a watchdog: at each time (seconds) call the named method; return when which limit passed."""

    async def main() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        seen: list[tuple[float, str]] = []
        dog = Watchdog(limits, lambda which: seen.append((loop.time(), which)))
        for at, step in steps:
            call = dog.expect if step == "between_tokens" else getattr(dog, step)
            loop.call_at(at, call, *(["between_tokens"] if step == "between_tokens" else []))
        await asyncio.sleep(1000)
        return seen

    return run(main())


def test_silence_before_the_first_token_trips_the_first_limit() -> None:
    assert expired(Limits(first_token=15, total=None), []) == [(15.0, "first_token")]


def test_a_delta_starts_the_clock_for_the_next_one() -> None:
    steps = [(10.0, "between_tokens"), (39.0, "between_tokens")]
    assert expired(Limits(15, 30, None), steps) == [(69.0, "between_tokens")]


def test_the_total_runs_on_whatever_happens() -> None:
    steps = [(float(second), "between_tokens") for second in range(1, 999)]
    assert expired(Limits(15, 30, 300), steps) == [(300.0, "total")]


def test_a_working_tool_is_no_stall() -> None:
    steps = [(1.0, "tool_starts"), (100.0, "tool_ends")]
    assert expired(Limits(15, 30, None), steps) == [(115.0, "first_token")]


def test_the_model_is_waited_for_when_the_last_of_two_tools_is_back() -> None:
    steps = [(1.0, "tool_starts"), (2.0, "tool_starts"), (50.0, "tool_ends"), (60.0, "tool_ends")]
    assert expired(Limits(15, 30, None), steps) == [(75.0, "first_token")]


def test_a_closed_watchdog_is_silent() -> None:
    assert expired(Limits(15, 30, 300), [(1.0, "close")]) == []


def test_none_switches_a_limit_off() -> None:
    assert expired(NONE, [(1.0, "between_tokens")]) == []


def test_a_server_without_limits_waits_for_a_model_however_slow_it_is() -> None:
    async def main() -> list[str]:
        chat = Conversation(Script.say("a b", thinking=900, gap=900), limits=NONE)
        return deltas(await chat.ask("Hi"))

    assert run(main()) == ["a", " b"]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_that_is_no_duration_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"Limits\(total=...\) expected seconds above 0 or None"):
        Limits(total=seconds)
