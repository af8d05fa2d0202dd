"""What a scripted model writes down, and which reply comes when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import function_tool
from agents.testing import UnconsumedModelSteps, UnexpectedModelCall

from lesson_kit.clock import run
from lesson_kit.script import Made, Reply, Script, ScriptEnded, ScriptModel, ToolCall

from .driving import Driven, drive, read, streamed


@function_tool
async def search(q: str) -> str:
    """Look something up."""
    await asyncio.sleep(0.7)
    return f"found {q}"


def test_made_lists_every_delta_also_those_nobody_read() -> None:
    async def main() -> list[Made]:
        model = Script.say("a b c", thinking=1, gap=1).model()
        result = streamed(model)
        await asyncio.sleep(2.5)  # nobody iterates: the SDK's queue has no limit
        result.cancel()
        return model.made

    assert run(main()) == [Made(1.0, "a", 1), Made(2.0, " b", 1)]


def test_asked_is_a_copy_of_the_full_input_of_every_call() -> None:
    async def main() -> ScriptModel:
        model = Script(Reply("One."), Reply("Two.")).model()
        question: list[Any] = [{"role": "user", "content": "Question 1"}]
        result = streamed(model, question)
        await read(Driven(model), result)
        question[0]["content"] = "changed later"
        again = [*result.to_input_list(), {"role": "user", "content": "Question 2"}]
        await read(Driven(model), streamed(model, again))
        return model

    model = run(main())
    assert model.asked[0] == [{"role": "user", "content": "Question 1"}]
    assert [item["role"] for item in model.asked[1]] == ["user", "assistant", "user"]
    assert model.asked[1][-1]["content"] == "Question 2"
    assert {made.call for made in model.made} == {1, 2}


def test_a_model_that_does_not_record_keeps_nothing() -> None:
    async def main() -> ScriptModel:
        model = Script.say("a b", then_repeat=True).model(record=False)
        for _ in range(3):
            await read(Driven(model), streamed(model))
        return model

    model = run(main())
    assert (model.made, model.asked) == ([], [])
    assert model.usage.requests == 3
    assert model.usage.request_usage_entries == []


def test_twenty_runs_are_identical() -> None:
    def once() -> Any:
        reply = Reply("Let me look.", reasoning="Hm.", calls=[ToolCall("search", {"q": "tea"})])
        driven = drive(Script(reply, Reply("It is tea.", burst=2)), tools=[search])
        return (
            [(t, event.model_dump_json()) for t, event in driven.events],
            driven.model.made,
            driven.model.asked,
        )

    first = once()
    assert all(once() == first for _ in range(19))


def test_two_models_of_one_script_are_apart() -> None:
    script = Script.say("Hello")
    one, two = script.model(), script.model()
    one.made.append(Made(0.0, "x", 1))
    assert two.made == []


# Which reply comes


def test_a_used_up_script_says_so() -> None:
    driven = drive(Script(Reply(calls=[ToolCall("search", {"q": "a"})])), tools=[search])
    assert isinstance(driven.error, ScriptEnded)
    assert isinstance(driven.error, UnexpectedModelCall)
    words = (
        "the script is at its end: it has 1 reply, and this is call 2. Add a Reply, or start over"
    )
    assert words in str(driven.error)
    assert len(driven.model.asked) == 2


def test_then_repeat_starts_over() -> None:
    async def main() -> list[str]:
        model = Script(Reply("One."), Reply("Two."), then_repeat=True).model()
        results = []
        for _ in range(5):
            driven = Driven(model)
            await read(driven, streamed(model))
            results.append(driven.final)
        return results

    assert run(main()) == ["One.", "Two.", "One.", "Two.", "One."]


def test_a_script_can_answer_whatever_is_asked() -> None:
    def echo(question: str, call: Any) -> Reply:
        return Reply(f"You said: {question}; {call.system_instructions}")

    for question in ("Hi", [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]):
        driven = drive(Script.answering(echo), question, instructions="Be kind.")
        assert driven.final == "You said: Hi; Be kind."


def test_an_answering_function_must_return_a_reply() -> None:
    driven = drive(Script.answering(lambda question, call: "Hello"))  # type: ignore[arg-type, return-value]
    assert "must return a Reply, but it returned 'Hello'" in str(driven.error)


def test_unused_replies_can_be_asserted() -> None:
    model = Script(Reply("One."), Reply("Two.")).model()
    assert model.remaining_steps == 2
    with pytest.raises(
        UnconsumedModelSteps, match="has 2 replies, and nobody asked for the last 2"
    ):
        model.assert_complete()
    drive(Script.say("One.")).model.assert_complete()
