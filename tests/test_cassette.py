"""Cassettes: what a session was, replays to an identical recording."""

from __future__ import annotations

import asyncio

import pytest
from agents import Agent, Runner
from agents.models.interface import Model

from lesson_kit.cassette import Cassette, Fault, ReplayedError
from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.script.faults import ERRORS
from lesson_kit.server import LessonServer
from lesson_kit.tutor import QUESTIONS, tutor
from tests.taping import KEY, Foreign, record_and_replay, session


def test_a_session_with_the_tutor_replays_to_an_identical_recording() -> None:
    cassette = record_and_replay(tutor(), *QUESTIONS[:2])
    assert [take.ending for take in cassette.takes] == ["done"] * 2


def test_tool_calls_are_replayed_and_the_tool_really_runs() -> None:
    calls = [ToolCall("search", {"q": "tea"}), ToolCall("search", "{broken", call_id="mine")]
    script = Script(Reply("Let me look.", calls=calls), Reply("Here is tea."))
    cassette = record_and_replay(script, "Tea?")
    assert [call.name for call in cassette.takes[0].calls] == ["search", "search"]
    model = cassette.script().model()
    session(model, "Tea?")
    assert "found tea" in str(model.asked[1])


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("place", [0, 2])
def test_an_error_is_replayed_in_the_same_words(name: str, place: int) -> None:
    cassette = record_and_replay(Script.say("a b c d", error=name, error_at=place), "Hi")
    assert cassette.takes[0].fault == Fault(name)


@pytest.mark.parametrize("seed", range(16))
def test_any_script_with_any_fault_replays_to_an_identical_recording(seed: int) -> None:
    record_and_replay(Script.random(seed, replies=3, faults=seed % 2 == 1), "one", "two", "three")


@pytest.mark.parametrize(
    "reply",
    [
        Reply("a b c d e f", burst=3, reasoning=["Let ", "me", " see."]),
        Reply("a b c", stall_at=0, stall_for=2.5, reasoning=["Hm."]),
        Reply("a b c", stall_at=3, stall_for=1.5),
        Reply("a b c", stall_at=2),
        Reply("I will not say that.", refusal=True),
        Reply("a b c", end_at=2),
        Reply("a b c", item_id="__fake_id__"),
        Reply(()),
        Reply(["", "a", "", "\x00", "\u2028"], thinking=0, gap=0),
        Reply("a", error=ZeroDivisionError),
    ],
    ids=repr,
)
def test_what_a_script_can_say_a_cassette_can_keep(reply: Reply) -> None:
    record_and_replay(Script(reply, then_repeat=True), "one", "two")


def test_a_call_past_the_end_of_the_script_is_an_error_of_the_session() -> None:
    cassette = record_and_replay(Script.say("only one"), "one", "two")
    assert [take.ending for take in cassette.takes] == ["done", "error"]
    assert cassette.takes[1].fault is not None
    assert cassette.takes[1].fault.name == "ScriptEnded"


def test_a_client_that_leaves_stops_the_take_where_it_was() -> None:
    cassette = record_and_replay(Script.say(["w "] * 50), "Hi", cut_at=2.0)
    [take] = cassette.takes
    assert take.ending == "stopped"
    assert 10 < len(take.pieces) < 50


def test_a_whole_answer_is_replayed_after_the_same_time() -> None:
    async def ask(model: Model) -> tuple[str, float]:
        result = await Runner.run(Agent(name="demo", model=model), "Hi")
        return result.final_output, asyncio.get_running_loop().time()

    cassette = Cassette()
    live = run(ask(cassette.recording(Script.say("Hello there", thinking=0.5, gap=1).model())))
    assert live == ("Hello there", 1.5)
    assert run(ask(cassette.script().model())) == live


def test_a_model_that_is_not_ours_is_recorded_and_replayed() -> None:
    cassette = Cassette()
    session(cassette.recording(Foreign()), "Hi")
    [take] = cassette.takes
    assert [piece.t for piece in take.pieces] == [0.3, 0.9, 1.8, 3.0]
    assert (take.t, take.usage, cassette.left_out) == (3.25, (7, 5), ["web_search_call"])
    [replayed] = run(talk(LessonServer(model=cassette.script().model()), "Hi"))
    assert replayed.text == f"Take {KEY} and go."
    assert (replayed.first_token, replayed.last_token, replayed.duration) == (0.3, 3.0, 3.25)


@pytest.mark.parametrize(
    "name", ["SystemExit", "StopIteration", "UnicodeDecodeError", "Nobody", "open"]
)
def test_a_name_that_makes_no_exception_is_told_as_words(name: str) -> None:
    error = Fault(name, "boom")()
    assert type(error) is ReplayedError
    assert str(error) == f"{name}: boom"


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a model, such as .*but got str"):
        Cassette().recording("gpt")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"at least one call.*ask it something"):
        Cassette().script()
