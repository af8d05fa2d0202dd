"""Each time limit and each error class: the exact events, and what is kept."""

import asyncio
import logging
from typing import Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    ModelSettings,
    function_tool,
)

from lesson_kit.clock import run
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.server.limits import Limits
from lesson_kit.store import MemoryStore, StoreError
from tests.conversation import WORDS, Conversation, Event, deltas, kinds, other_tasks, text_of


def outcome(script: Script, *, pause: float = 0.0, **server: Any) -> tuple[list[Event], Any]:
    """Ask once; return the events, the saved items and the time of the end."""

    async def main() -> tuple[list[Event], Any]:
        chat = Conversation(script, **server)
        events = await chat.ask("Hi", pause=pause)
        ended = asyncio.get_running_loop().time()
        await chat.server.drain()
        assert not other_tasks()
        assert not chat.server.turns.active
        return events, (await chat.saved(), ended)

    return run(main())


def last_error(events: list[Event]) -> tuple[Any, ...]:
    assert kinds(events).count("error") == 1
    error = events[-1]
    return error["code"], error.get("message"), error["allow_retry"]


def test_a_model_that_does_not_begin_trips_the_first_limit() -> None:
    events, (saved, ended) = outcome(Script.say("Hello", thinking=60))
    message = "The model did not begin to answer within 15 seconds. Please try again."
    assert last_error(events) == ("custom", message, True)
    assert kinds(events)[-2:] == ["progress_update", "error"]
    assert ended == 15.0
    assert saved == [("user_message", "Hi")]


def test_a_model_that_falls_silent_trips_the_second_limit_and_keeps_the_partial() -> None:
    events, (saved, ended) = outcome(Script.say(WORDS, thinking=1, gap=0.5, stall_at=10))
    message = "The model fell silent for 30 seconds in the middle of its answer. Please try again."
    assert last_error(events) == ("custom", message, True)
    assert kinds(events)[-2:] == ["thread.item.done", "error"]
    assert ended == 1 + 9 * 0.5 + 30
    assert saved[1] == ("assistant_message", "".join(deltas(events)))


class Unreachable(MemoryStore):
    """A database that cannot be reached when the history is read, and then can."""

    down = True

    async def load_thread_items(self, *args: Any) -> Any:
        if self.down:
            self.down = False
            raise StoreError("cannot reach the database")
        return await super().load_thread_items(*args)


def test_a_database_that_cannot_be_reached_is_no_bug_and_the_user_may_try_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events, (saved, _) = outcome(Script.say("Hello"), store=Unreachable())
    message = "The server cannot get at its conversations right now. Please try again."
    assert last_error(events) == ("custom", message, True)
    assert saved == [("user_message", "Hi")]
    [record] = [record for record in caplog.records if record.name.startswith("lesson_kit")]
    assert record.getMessage() == "the turn failed: StoreError: cannot reach the database"


def test_an_endless_answer_trips_the_total() -> None:
    events, (saved, ended) = outcome(Script.say(WORDS, gap=10))
    message = "The answer took longer than 300 seconds in all. Please try again, or ask for less."
    assert last_error(events) == ("custom", message, True)
    assert ended == 300.0
    assert saved[1] == ("assistant_message", "".join(deltas(events)))
    assert len(deltas(events)) == 30


def test_a_slow_reader_trips_neither_of_the_first_two_limits() -> None:
    limits = Limits(first_token=2, between_tokens=2, total=1000)
    events, _ = outcome(Script.say(WORDS), pause=5, limits=limits)
    assert "".join(deltas(events)) == WORDS
    assert "error" not in kinds(events)


def test_a_slow_reader_can_trip_the_total_and_loses_nothing_in_the_store() -> None:
    events, (saved, ended) = outcome(Script.say(WORDS), pause=20)
    assert last_error(events)[1].startswith("The answer took longer than 300 seconds in all.")
    assert ended < 350
    assert saved[1] == ("assistant_message", WORDS)


@pytest.mark.parametrize(
    ("error", "begins", "may_retry"),
    [
        ("rate_limit", "The model is busy right now.", True),
        ("authentication", "The model did not accept this server's key.", False),
        ("bad_request", "The model could not accept this request.", False),
        ("context_length", "This conversation is too long for the model.", False),
        ("quota", "This server has used up its model budget.", False),
        ("server", "The model failed while answering.", True),
        ("timeout", "The model took too long to answer.", True),
        ("connection", "The model cannot be reached.", True),
    ],
)
@pytest.mark.parametrize("at", [0, 10])
def test_an_error_of_the_model_is_said_in_words(
    error: str, begins: str, may_retry: bool, at: int, caplog: pytest.LogCaptureFixture
) -> None:
    events, (saved, _) = outcome(Script.say(WORDS, error=error, error_at=at))
    code, message, retry = last_error(events)
    assert code == "custom"
    assert message.startswith(begins)
    assert retry is may_retry
    partial = "".join(deltas(events))
    assert partial == "".join(f" w{number}" for number in range(at))
    assert saved[1:] == ([("assistant_message", partial)] if at else [])
    assert [record.levelno for record in caplog.records if record.levelno > logging.INFO] == [
        logging.WARNING
    ]


def test_the_time_limit_of_the_model_settings_is_said_as_one() -> None:
    script, settings = Script.say("Hello", thinking=10), ModelSettings(timeout=5.0)
    hasty = Agent(name="hasty", model=script.model(), model_settings=settings)
    events, (_, ended) = outcome(script, agent=hasty)
    assert last_error(events)[1:] == (
        "The model took too long to answer. Please try again.",
        True,
    )
    assert ended == 5.0


def test_words_made_in_the_same_instant_as_the_error_are_not_lost() -> None:
    events, (saved, _) = outcome(Script.say(WORDS, gap=0, error="server", error_at=30))
    assert len(deltas(events)) == 30
    assert saved[1] == ("assistant_message", "".join(deltas(events)))


def test_a_refusal_is_said_and_not_retried() -> None:
    events, _ = outcome(Script.say("I cannot help with that.", refusal=True))
    assert last_error(events) == ("custom", "The model declined to answer this.", False)


def test_an_answer_that_just_ends_is_an_error_and_its_text_is_kept() -> None:
    events, (saved, _) = outcome(Script.say(WORDS, end_at=10))
    assert last_error(events)[1] == "The model's answer broke off. Please try again."
    assert saved[1] == ("assistant_message", "".join(deltas(events)))
    assert len(deltas(events)) == 10


def test_a_bug_of_ours_is_logged_with_its_traceback_and_not_retried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events, _ = outcome(Script.say("Hello", error=LookupError))
    assert last_error(events) == ("stream.error", None, False)
    bugs = [record for record in caplog.records if record.exc_info]
    assert "LookupError" in bugs[0].getMessage()


def test_too_many_steps_are_said() -> None:
    @function_tool
    def again() -> str:
        """Go on."""
        return "more"

    script = Script(Reply(calls=[ToolCall("again")]), then_repeat=True)
    events, _ = outcome(script, tools=[again])
    assert last_error(events)[1].startswith("The answer took more steps than this server allows.")


def test_a_guardrail_is_said() -> None:
    async def never(context: Any, agent: Any, input: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    async def main() -> list[Event]:
        chat = Conversation(Script.say("Hello"))
        chat.server.agent = Agent(
            name="guarded", model=chat.model, input_guardrails=[InputGuardrail(never)]
        )
        return await chat.ask("Hi")

    assert last_error(run(main()))[1].startswith("A safety rule of this server stopped the answer.")


def test_the_next_turn_works_after_each_error() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply(WORDS, error="server", error_at=5), Reply("Better.")))
        broken = await chat.ask("Hi")
        assert text_of(broken[-2]["item"]) == "".join(deltas(broken))
        assert deltas(await chat.ask("Again, please")) == ["Better."]

    run(main())
