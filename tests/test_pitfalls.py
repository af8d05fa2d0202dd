"""Each pitfall on the real stack: broken shows what the user sees, fixed does not, and the two differ where it matters."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ProgressUpdateEvent

from lesson_kit.clock import run
from lesson_kit.pitfalls import PITFALLS, Evidence
from lesson_kit.pitfalls.careful import CarefulServer
from lesson_kit.pitfalls.pitfall import MARK
from lesson_kit.pitfalls.scene import WORDS, Scene
from lesson_kit.pitfalls.stage import play
from lesson_kit.script import Script
from lesson_kit.script.question import last_question

IN_TEACHING_ORDER = [
    "blocking_call", "forgotten_yield", "no_yield", "missing_async", "request_context",
    "content_as_input", "clear_too_soon", "unknown_icon", "never_done", "partial_lost",
    "model_not_stopped", "closed_generator", "timeout_round_yield", "wait_for_anext",
    "no_interruption", "no_history", "tool_yields", "swallowed_error", "duplicate_ids",
    "store_without_await",
]  # fmt: skip
# What may go wrong round any answer: the pitfall whose scene is played, and those that show in it.
ROUND_THE_ANSWER = {
    "store_without_await": ("store_without_await", "partial_lost", "model_not_stopped"),
    "no_interruption": ("no_interruption",),
    "no_history": ("no_history",),
}

every_pitfall = pytest.mark.parametrize("name", IN_TEACHING_ORDER)


@functools.cache
def look(name: str, half: str) -> Evidence:
    """Look at one half; once, however many tests ask."""
    pitfall = PITFALLS[name]
    return run(pitfall.look(getattr(pitfall, half)))


def test_the_pitfalls_stand_in_teaching_order() -> None:
    assert list(PITFALLS) == IN_TEACHING_ORDER
    assert [pitfall.name for pitfall in PITFALLS.values()] == IN_TEACHING_ORDER


@every_pitfall
def test_broken_shows_the_symptom(name: str) -> None:
    pitfall = PITFALLS[name]
    if name == "blocking_call":
        # A block is real time: on a busy machine the watch itself may come late. Three chances.
        assert any(pitfall.shows(run(pitfall.look(pitfall.broken))) for _ in range(3))
    else:
        assert pitfall.shows(look(name, "broken"))


@every_pitfall
def test_fixed_does_not_show_it(name: str) -> None:
    assert not PITFALLS[name].shows(look(name, "fixed"))


@every_pitfall
def test_what_fixed_shows_is_what_it_saves(name: str) -> None:
    evidence = look(name, "fixed")
    assert evidence.errors == []
    assert all(evidence.seen)
    assert evidence.answers == evidence.seen
    left = PITFALLS[name].scene.leave_after
    assert {r.outcome for r in evidence.recordings} == {"stopped" if left else "done"}


@every_pitfall
def test_fixed_asks_the_model_what_the_user_asked(name: str) -> None:
    asked = dict.fromkeys(map(last_question, look(name, "fixed").asked))  # a tool asks twice
    assert tuple(asked) == PITFALLS[name].scene.questions


@every_pitfall
def test_only_a_forgotten_coroutine_warns(name: str) -> None:
    assert look(name, "fixed").warnings == []
    expected = ["RuntimeWarning: coroutine 'Broken.respond' was never awaited"]
    assert look(name, "broken").warnings == (expected if name == "no_yield" else [])


@every_pitfall
def test_fixed_has_no_other_pitfall_either(name: str) -> None:
    fixed = PITFALLS[name].fixed
    found = set()
    for scene, others in ROUND_THE_ANSWER.items():
        evidence = run(PITFALLS[scene].look(fixed))
        found |= {other for other in others if other != name and PITFALLS[other].shows(evidence)}
    assert found == set()


def test_the_block_is_seen_with_its_line_and_its_length() -> None:
    pitfall = PITFALLS["blocking_call"]
    for _ in range(3):
        if blocks := run(pitfall.look(pitfall.broken)).blocked:
            break
    assert blocks[0].source == f"time.sleep(BLOCK)  {MARK}"
    assert blocks[0].where.startswith("blocking_call.py:")


def test_the_whole_bill_of_a_model_that_is_not_stopped() -> None:
    assert look("model_not_stopped", "broken").made == 50
    assert look("model_not_stopped", "fixed").made <= 12


def test_a_forgotten_answer_is_paid_for_where_nothing_stops_the_run() -> None:
    class Unstopped(CarefulServer):
        async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
            yield ProgressUpdateEvent(icon="clock", text="Thinking...")
            ctx = AgentContext(thread=thread, store=self.store, request_context=context)
            result = Runner.run_streamed(self.agent, await self.history(thread, context))
            stream_agent_response(ctx, result)

    pitfall = PITFALLS["forgotten_yield"]
    evidence = run(pitfall.look(Unstopped))
    assert pitfall.shows(evidence)
    assert evidence.made == 50  # ledger B29


def test_the_thinking_line_stands_until_the_answer_comes() -> None:
    [broken] = look("clear_too_soon", "broken").recordings
    [fixed] = look("clear_too_soon", "fixed").recordings
    assert broken.progress[0].end < 0.2
    assert broken.first_token == fixed.first_token == fixed.progress[0].end


def test_an_interrupted_answer_is_in_the_history_of_the_next() -> None:
    evidence = look("no_interruption", "fixed")
    first, second = evidence.seen
    assert len(first) < len(WORDS)
    assert second == "Of course."
    assert first.strip() in str(evidence.asked[1])


def test_a_slow_reader_gets_the_whole_answer_when_the_limit_is_on_the_model() -> None:
    assert look("timeout_round_yield", "broken").seen[0] in WORDS
    assert look("timeout_round_yield", "broken").answers == []
    assert look("timeout_round_yield", "fixed").seen == [WORDS]


def test_the_limit_on_the_model_still_holds() -> None:
    silent = Scene(Script.say(WORDS, stall_at=5))
    evidence = run(play(silent, PITFALLS["timeout_round_yield"].fixed))
    assert [error.message for error in evidence.errors] == ["The model took too long."]


def test_the_tool_that_returns_shows_its_progress() -> None:
    evidence = look("tool_yields", "fixed")
    assert [line.text for line in evidence.recordings[0].progress] == ["Searching tea..."]
    assert "3 books on tea" in str(evidence.asked[-1])


def test_the_store_without_await_keeps_what_a_database_loses() -> None:
    evidence = look("store_without_await", "broken")
    assert "assistant_message" in dict(evidence.saved_without_awaits)
    assert "assistant_message" not in dict(evidence.saved)


def test_the_second_answer_takes_the_place_of_the_first() -> None:
    evidence = look("duplicate_ids", "broken")
    assert evidence.answers == ["The second answer."]
    assert evidence.saved[1] == ("assistant_message", "The second answer.")


@pytest.mark.parametrize(
    "name", ["partial_lost", "timeout_round_yield", "wait_for_anext", "no_interruption"]
)
def test_a_second_look_sees_the_same(name: str) -> None:
    pitfall = PITFALLS[name]
    again = run(pitfall.look(pitfall.broken))
    first = look(name, "broken")
    assert [r.normalised() for r in again.recordings] == [r.normalised() for r in first.recordings]
    assert (again.made, again.saved) == (first.made, first.saved)


def test_a_server_that_fails_before_it_answers_leaves_evidence_too() -> None:
    class Refusing(CarefulServer):
        async def process(self, request: Any, context: Any) -> Any:
            raise RuntimeError("no database")

    evidence = run(play(Scene(Script.say("Hello.")), Refusing))
    assert evidence.saved == []
    assert evidence.recordings[0].outcome == "error"
