"""A second try, a second model, a whole answer: never after the first word, never a word twice."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from agents import (
    Agent,
    Model,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
)
from agents.exceptions import ModelBehaviorError

from lesson_kit.clock import run
from lesson_kit.retry import Backoff, FallbackModel, Try, WholeModel
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.server.limits import Limits
from lesson_kit.upstream import Trouble, Upstream
from tests.conversation import Conversation, Event, deltas, kinds

TEXT = "one two three four five six"
STILL = Backoff(1.0, jitter=0)


def saying(text: str = TEXT, **faults: Any) -> Model:
    return Script.say(text, then_repeat=True, **faults).model()


class Given:
    """Stands where a script stands, with a model that is made already."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def model(self) -> Model:
        return self._model


def ask(model: Model, **server: Any) -> tuple[list[Event], list[str], float]:
    """Ask a server with this model once: the events, the answers that are saved, the time of the end."""

    async def main() -> tuple[list[Event], list[str], float]:
        chat = Conversation(Given(model), **server)  # type: ignore[arg-type]
        events = await chat.ask("Hi")
        ended = asyncio.get_running_loop().time()
        await chat.server.drain()
        return events, [text for kind, text in await chat.saved() if kind.startswith("ass")], ended

    return run(main())


@pytest.mark.parametrize("error", ["rate_limit", "server", "connection", "timeout", "stream"])
def test_what_may_pass_is_tried_again_and_leaves_no_trace(error: str) -> None:
    script = Script(Reply(TEXT, error=error), Reply(TEXT))
    tries: list[Try] = []
    events, saved, ended = ask(
        FallbackModel(script.model(), retries=1, backoff=STILL, tell=tries.append)
    )
    assert "".join(deltas(events)) == TEXT
    assert saved == [TEXT]
    assert kinds(events).count("thread.item.added") == 1
    assert ended == 1.0 + 1.0 + 1.25  # the error's time, the wait, the answer's
    assert [(tried.t, tried.wait) for tried in tries] == [(1.0, 1.0)]


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        ("bad_request", [1, 0]),
        (KeyError, [1, 0]),
        ("authentication", [1, 1]),
        ("quota", [1, 1]),
        ("context_length", [1, 1]),
        ("rate_limit", [3, 1]),
        ("server", [3, 1]),
        ("connection", [3, 1]),
    ],
)
def test_each_error_is_tried_where_trying_can_help(error: Any, asked: list[int]) -> None:
    first = Script.say(TEXT, error=error, then_repeat=True).model()
    second = Script.say("Second.").model()
    events, saved, _ = ask(FallbackModel(first, second, retries=2, backoff=STILL))
    assert [len(first.asked), len(second.asked)] == asked
    assert saved == ["Second."] * asked[1]
    assert ("error" in kinds(events)) == (not asked[1])


@pytest.mark.parametrize("at", [1, 3])
def test_after_the_first_word_an_error_is_an_error(at: int) -> None:
    second = Script.say("Second.").model()
    first = saying(error="server", error_at=at)
    events, saved, _ = ask(FallbackModel(first, second, retries=5))
    assert kinds(events)[-1] == "error"
    assert len(deltas(events)) == at
    assert saved == ["".join(deltas(events))]
    assert not second.asked


def test_a_model_that_does_not_begin_in_time_is_left_for_the_next() -> None:
    first, second = Script.say("Late.", stall_at=0).model(), Script.say(TEXT).model()
    events, saved, ended = ask(FallbackModel(first, second, first_token=4.0))
    assert saved == [TEXT]
    assert kinds(events).count("thread.item.added") == 1
    assert ended == 4.0 + 1.25


def test_when_no_model_begins_in_time_the_user_is_told_so() -> None:
    tries: list[Try] = []
    models = [saying(stall_at=0), saying(stall_at=0)]
    events, _, ended = ask(FallbackModel(*models, first_token=4.0, tell=tries.append))
    assert events[-1]["message"] == "The model took too long to answer. Please try again."
    assert ended == 8.0
    assert str(tries[-1]) == "8.00 s: model 2 failed, APITimeoutError; gives up"


def test_the_limit_is_on_the_first_word_only() -> None:
    slow = Script.say(TEXT, thinking=3, gap=10).model()
    _, saved, _ = ask(FallbackModel(slow, first_token=4.0))
    assert saved == [TEXT]


def test_when_all_fail_the_last_error_is_told() -> None:
    tries: list[Try] = []
    model = FallbackModel(saying(error="server"), saying(error="authentication"), tell=tries.append)
    events, saved, _ = ask(model)
    assert events[-1]["message"].startswith("The model did not accept this server's key.")
    assert saved == []
    assert [str(tried) for tried in tries] == [
        "1.00 s: model 1 failed, InternalServerError; next model",
        "2.00 s: model 2 failed, AuthenticationError; gives up",
    ]


@pytest.mark.parametrize(("said", "asked_at"), [(3.0, 4.0), (60.0, 1.0)])
def test_a_scripts_retry_after_is_waited_for_or_the_next_model_is_asked(
    said: float, asked_at: float
) -> None:
    script = Script(Reply(TEXT, error="rate_limit", retry_after=said), Reply(TEXT))
    first, second = script.model(), Script.say("Second.").model()
    _, saved, ended = ask(FallbackModel(first, second, retries=1, backoff=STILL))
    assert saved == [TEXT if said < 8 else "Second."]
    assert ended == asked_at + (1.25 if said < 8 else 1.0)


def test_a_stream_that_ends_before_its_first_word_has_failed() -> None:
    tries: list[Try] = []
    _, saved, _ = ask(FallbackModel(saying(end_at=0), saying("Second."), tell=tries.append))
    assert saved == ["Second."]
    assert isinstance(tries[0].error, ModelBehaviorError)


def test_a_server_that_is_stopped_in_a_wait_asks_nobody_any_more() -> None:
    first = saying(error="server")
    second = Script.say("Second.").model()
    model = FallbackModel(first, second, retries=1, backoff=Backoff(60, most=60, jitter=0))
    events, _, ended = ask(model, limits=Limits(first_token=10))
    assert events[-1]["message"].startswith("The model did not begin to answer within 10 seconds.")
    assert ended == 10.0
    assert not second.asked


@pytest.mark.parametrize("api", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(429, retry_after=2),
        Trouble(503),
        Trouble(error_at=0),
        Trouble(reset_at=0),
        Trouble(malformed_at=0),
        Trouble(stall_at=0),
        Trouble(slow=60),
    ],
)
def test_over_http_each_fault_before_the_first_word_is_got_over(api: Any, trouble: Trouble) -> None:
    async def main() -> tuple[str, Upstream]:
        upstream = Upstream(Script.say(TEXT, then_repeat=True), [trouble])
        async with upstream.client(max_retries=0) as client:
            model = FallbackModel(
                api("some-model", client), retries=1, backoff=Backoff(1, jitter=0), first_token=5
            )
            result = Runner.run_streamed(Agent(name="Tutor", model=model), "Hi")
            async for _ in result.stream_events():
                pass
        return result.final_output, upstream

    said, upstream = run(main())
    assert said == TEXT
    refused, answered = upstream.requests
    assert answered.t - refused.t >= (2 if trouble.retry_after else 1)
    assert refused.ended != "whole"


@pytest.mark.parametrize("calls", [False, True])
def test_a_whole_answer_is_told_as_a_stream_of_one_piece(calls: bool) -> None:
    replies = [Reply("Let me see.", calls=[ToolCall("nothing")])] if calls else []
    script = Script(*replies, Reply(TEXT))

    @function_tool
    async def nothing() -> str:
        return "nothing"

    events, saved, ended = ask(WholeModel(script.model()), tools=[nothing])
    assert deltas(events) == ["Let me see."] * calls + [TEXT]
    assert saved == ["Let me see."] * calls + [TEXT]
    assert ended == pytest.approx(1.25 + 1.1 * calls)


def test_a_whole_refusal_is_a_refusal() -> None:
    events, _, _ = ask(WholeModel(Script.say("I will not.", refusal=True).model()))
    assert events[-1]["message"] == "The model declined to answer this."


def test_from_streaming_to_whole_without_a_word_twice() -> None:
    script = Script(Reply(TEXT, error="connection"), Reply(TEXT))
    model = script.model()
    events, saved, _ = ask(FallbackModel(model, WholeModel(model)))
    assert deltas(events) == [TEXT]
    assert saved == [TEXT]


def test_without_streaming_the_same_rules_hold() -> None:
    async def main(model: Model) -> Any:
        return (await Runner.run(Agent(name="Tutor", model=model), "Hi")).final_output

    first = Script(Reply(TEXT, error="server"), Reply(TEXT, error="server")).model()
    model = FallbackModel(first, saying(), retries=1, backoff=STILL)
    assert run(main(model)) == TEXT
    assert len(first.asked) == 2
    with pytest.raises(openai.BadRequestError):
        run(main(FallbackModel(saying(error="bad_request"), saying())))


def test_the_waits_grow_up_to_the_most() -> None:
    waits = [Backoff(0.5, most=3, jitter=0).wait(failed) for failed in range(1, 6)]
    assert waits == [0.5, 1, 2, 3, 3]
    assert Backoff(0.5, most=3, jitter=0).wait(100_000) == 3


def test_chance_shortens_a_wait_by_its_share_and_a_seed_fixes_it() -> None:
    waits = [Backoff(4, jitter=0.25, seed=seed).wait(1) for seed in range(50)]
    assert all(wait is not None and 3 <= wait <= 4 for wait in waits)
    assert len(set(waits)) == 50
    assert waits == [Backoff(4, jitter=0.25, seed=seed).wait(1) for seed in range(50)]


def test_retry_after_is_kept_to_or_not_waited_for() -> None:
    backoff = Backoff(0.5, most=8, jitter=0)
    assert backoff.wait(1, retry_after=3) == 3
    assert backoff.wait(4, retry_after=3) == 4
    assert backoff.wait(1, retry_after=60) is None


@pytest.mark.parametrize("wrong", [{"first": -1}, {"factor": 0.5}, {"most": -1}, {"jitter": 2}])
def test_a_wait_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Backoff expected"):
        Backoff(**wrong)  # type: ignore[arg-type]


def test_what_makes_no_fallback_is_refused() -> None:
    with pytest.raises(TypeError, match="takes models"):
        FallbackModel("gpt-4o")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="retries= of at least 0"):
        FallbackModel(saying(), retries=-1)
