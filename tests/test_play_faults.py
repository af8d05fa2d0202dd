"""Each fault, driven by the real Runner: what reached the reader, and what the SDK raised when."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from agents.exceptions import ModelBehaviorError, ModelRefusalError

from lesson_kit.clock import Deadlock, run
from lesson_kit.script import Script
from lesson_kit.script.faults import ERRORS, build_error

from .driving import Driven, drive, read, streamed

FIVE = "a b c d e"


def text(driven: Driven) -> str:
    return "".join(delta for _, delta in driven.deltas)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_in_mid_stream_comes_after_its_deltas(name: str) -> None:
    driven = drive(Script.say(FIVE, error=name, error_at=3))
    assert type(driven.error) is type(build_error(name))
    assert str(driven.error) == str(build_error(name))
    assert (text(driven), driven.ended) == ("a b c", 1.15)
    assert len(driven.model.made) == 3
    assert driven.final is None


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_at_0_comes_before_any_event(name: str) -> None:
    driven = drive(Script.say(FIVE, thinking=0.4, error=name, reasoning="Hm."))
    assert type(driven.error) is type(build_error(name))
    assert (driven.events, driven.model.made, driven.ended) == ([], [], 0.4)


def test_an_error_after_the_last_delta_leaves_the_message_unfinished() -> None:
    driven = drive(Script.say(FIVE, error="connection", error_at=5))
    assert isinstance(driven.error, openai.APIConnectionError)
    assert text(driven) == FIVE
    assert driven.kinds[-1] == "output_text.delta"


def test_an_error_of_your_own_class_is_raised_as_it_is() -> None:
    assert isinstance(drive(Script.say("Hello", error=LookupError)).error, LookupError)


def test_a_repeated_script_raises_a_fresh_error_each_time() -> None:
    async def main() -> list[Exception | None]:
        model = Script.say("Hello", error="server", then_repeat=True).model()
        runs = [Driven(model), Driven(model)]
        for driven in runs:
            await read(driven, streamed(model))
        return [driven.error for driven in runs]

    first, second = run(main())
    assert isinstance(first, openai.InternalServerError)
    assert first is not second


@pytest.mark.parametrize(("end_at", "shown"), [(0, ""), (2, "a b"), (5, FIVE)])
def test_a_stream_that_just_ends_is_an_error_of_the_sdk(end_at: int, shown: str) -> None:
    driven = drive(Script.say(FIVE, end_at=end_at))
    assert isinstance(driven.error, ModelBehaviorError)
    assert str(driven.error) == "Model did not produce a final response!"
    assert text(driven) == shown
    assert "completed" not in driven.kinds
    assert driven.model.usage.requests == 0


def test_a_stream_that_ends_before_its_text_announced_no_message() -> None:
    assert drive(Script.say(FIVE, end_at=0)).kinds == ["created", "in_progress"]


def test_a_refusal_streams_refusal_deltas_and_the_sdk_raises_at_the_end() -> None:
    driven = drive(Script.say("I cannot help with that.", refusal=True))
    assert isinstance(driven.error, ModelRefusalError)
    assert driven.error.refusal == "I cannot help with that."
    assert driven.deltas == []
    assert driven.kinds[3:] == [
        "content_part.added",
        *(["refusal.delta"] * 5),
        *("refusal.done", "content_part.done", "output_item.done", "completed"),
    ]
    assert driven.events[-1][1].response.output[0].content[0].type == "refusal"
    assert len(driven.model.made) == 5


def test_a_stall_is_silence_for_so_many_seconds() -> None:
    driven = drive(Script.say(FIVE, stall_at=2, stall_for=30))
    assert [t for t, _ in driven.deltas] == [1.0, 1.05, 31.1, 31.15, 31.2]
    assert driven.final == FIVE


@pytest.mark.parametrize(("stall_at", "shown"), [(0, 0), (3, 3), (5, 5)])
def test_a_stall_without_end_never_goes_on(stall_at: int, shown: int) -> None:
    async def main() -> tuple[int, str]:
        model = Script.say(FIVE, stall_at=stall_at).model()
        result, driven = streamed(model), Driven(model)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(86_400):
                await read(driven, result)
        result.cancel()
        return len(model.made), driven.kinds[-1]

    made, last = run(main())
    assert made == shown
    assert last == ("output_text.delta" if shown else "in_progress")


def test_virtual_time_sees_that_a_stalled_model_will_never_speak() -> None:
    with pytest.raises(Deadlock, match="this model never goes on"):
        drive(Script.say(FIVE, stall_at=3))


def test_a_stall_may_end_in_an_error() -> None:
    driven = drive(Script.say(FIVE, stall_at=2, stall_for=60, error="timeout", error_at=2))
    assert isinstance(driven.error, openai.APITimeoutError)
    assert (text(driven), driven.ended) == ("a b", 61.1)


def test_a_slow_first_token_is_a_long_thought() -> None:
    assert drive(Script.say("Hello", thinking=20)).deltas == [(20.0, "Hello")]


def test_a_burst_brings_several_deltas_at_once_in_the_same_total_time() -> None:
    driven = drive(Script.say("a b c d e f g", gap=0.1, burst=3))
    assert [t for t, _ in driven.deltas] == [1.2, 1.2, 1.2, 1.5, 1.5, 1.5, 1.6]
    assert driven.ended == drive(Script.say("a b c d e f g", gap=0.1)).ended


def test_an_empty_answer_is_an_empty_message() -> None:
    driven = drive(Script.say("", thinking=2))
    assert (driven.final, driven.ended, driven.deltas) == ("", 2.0, [])


@pytest.mark.parametrize("seed", range(40))
def test_random_faults_never_bring_more_than_was_written(seed: int) -> None:
    script = Script.random(seed, faults=True)

    async def main() -> Any:
        driven = Driven(script.model())
        result = streamed(driven.model)
        try:
            async with asyncio.timeout(3600):
                await read(driven, result)
        except TimeoutError:
            result.cancel()
        return driven

    driven = run(main())
    made = "".join(made.delta for made in driven.model.made)
    assert script.replies[0].text.startswith(made)
    assert script.replies[0].refusal or text(driven) == made
