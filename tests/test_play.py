"""The real Runner drives a script: exact times, the real API's events, and a stop that stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import Agent, Runner, function_tool

from lesson_kit.clock import run
from lesson_kit.script import Reply, Script, ScriptModel, ToolCall

from .driving import QUIET, Driven, drive, read, streamed

MESSAGE = [
    *("created", "in_progress", "output_item.added", "content_part.added"),
    *(["output_text.delta"] * 3),
    *("output_text.done", "content_part.done", "output_item.done", "completed"),
]


def blocking(script: Script, question: Any = "Hi") -> tuple[ScriptModel, Any, float]:
    """Ask without streaming: the model, the final output, the loop time at the end."""

    async def main() -> tuple[ScriptModel, Any, float]:
        model = script.model()
        agent = Agent(name="test", model=model)
        result = await Runner.run(agent, question, run_config=QUIET)
        return model, result.final_output, asyncio.get_running_loop().time()

    return run(main())


# Times and events


def test_every_delta_comes_at_its_exact_time() -> None:
    driven = drive(Script.say("a b c d e f g", thinking=1.0, gap=0.05))
    due = [1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3]
    assert driven.deltas == list(zip(due, ["a", " b", " c", " d", " e", " f", " g"], strict=True))
    assert driven.ended == 1.3
    assert driven.final == "a b c d e f g"


def test_a_thousand_deltas_do_not_drift() -> None:
    driven = drive(Script.say(["x"] * 1_001, thinking=0.3, gap=0.1))
    assert driven.ended == 100.3
    assert driven.model.made[777].t == 78.0


def test_the_events_are_those_of_the_real_api_in_order() -> None:
    driven = drive(Script.say("one two three"))
    assert driven.kinds == MESSAGE
    assert [event.sequence_number for _, event in driven.events] == list(range(len(MESSAGE)))
    assert [t for t, _ in driven.events[:4]] == [0.0, 0.0, 1.0, 1.0]


def test_the_last_events_hold_the_whole_answer_and_its_cost() -> None:
    driven = drive(Script.say("one two three", usage=(12, 34)))
    text_done, part_done, item_done, completed = (event for _, event in driven.events[-4:])
    assert text_done.text == part_done.part.text == item_done.item.content[0].text
    assert text_done.text == "one two three"
    assert completed.response.output == [item_done.item]
    assert completed.response.status == "completed"
    usage = completed.response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (12, 34, 46)


def test_an_item_is_empty_and_in_progress_when_it_is_added() -> None:
    driven = drive(Script.say("one two three"))
    added, part = driven.events[2][1], driven.events[3][1]
    assert (added.item.status, added.item.content, part.part.text) == ("in_progress", [], "")
    assert driven.events[0][1].response.output == []


def test_the_reasoning_summary_fills_the_thinking_time() -> None:
    driven = drive(Script.say("Yes.", thinking=3.0, reasoning=["Let me", " think."]))
    told = [(t, e.delta) for t, e in driven.events if e.type.endswith("summary_text.delta")]
    assert told == [(1.0, "Let me"), (2.0, " think.")]
    assert driven.kinds[2:10] == [
        *("output_item.added", "reasoning_summary_part.added"),
        *("reasoning_summary_text.delta", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done"),
        *("output_item.done", "output_item.added"),
    ]
    completed = driven.events[-1][1].response
    assert [item.type for item in completed.output] == ["reasoning", "message"]
    assert completed.output[0].summary[0].text == "Let me think."
    assert completed.usage.output_tokens_details.reasoning_tokens == 2
    assert [event.output_index for _, event in driven.events[2:10]] == [0, 0, 0, 0, 0, 0, 0, 1]


@function_tool
async def search(q: str) -> str:
    """Look something up."""
    await asyncio.sleep(0.7)
    return f"found {q}"


def test_a_tool_is_called_and_the_next_reply_answers() -> None:
    script = Script(
        Reply("Let me look.", calls=[ToolCall("search", {"q": "green tea leaves"})]),
        Reply("It is tea.", thinking=0.5, gap=0),
    )
    driven = drive(script, tools=[search])
    assert driven.final == "It is tea."
    assert driven.items == [
        *("message_output_created", "tool_called", "tool_output", "message_output_created"),
    ]
    pieces = [e.delta for _, e in driven.events if "arguments.delta" in e.type]
    assert len(pieces) > 1
    assert "".join(pieces) == '{"q":"green tea leaves"}'
    assert driven.model.asked[1][-1]["output"] == "found green tea leaves"
    # 1.0 thinking + 2 gaps, 0.7 in the tool, 0.5 thinking
    assert driven.ended == 2.3


def test_several_tools_in_one_reply_have_distinct_ids() -> None:
    calls = [ToolCall("search", {"q": "a"}), ToolCall("search", {"q": "b"})]
    driven = drive(Script(Reply(calls=calls), Reply("Done.")), tools=[search])
    outputs = driven.model.asked[1][-2:]
    assert [item["call_id"] for item in outputs] == ["call-script-1-1", "call-script-1-2"]
    assert [item["output"] for item in outputs] == ["found a", "found b"]
    # A reply with calls alone holds no message.
    assert not any(item.get("type") == "message" for item in driven.model.asked[1])


def test_ids_are_counted_and_distinct() -> None:
    async def main() -> list[Any]:
        model = Script(Reply("One."), Reply("Two.")).model()
        events = []
        for _ in range(2):
            driven = Driven(model)
            await read(driven, streamed(model))
            response = driven.events[-1][1].response
            events.append((response.id, response.output[0].id))
        return events

    assert run(main()) == [("resp_1", "msg-script-1"), ("resp_2", "msg-script-2")]


def test_fake_ids_are_everywhere_as_with_chat_completions() -> None:
    reply = Reply(
        "a b", item_id="__fake_id__", reasoning="Hm.", calls=[ToolCall("search", {"q": "a"})]
    )
    driven = drive(Script(reply, Reply("Done.", item_id="__fake_id__")), tools=[search])
    ids = {event.item_id for _, event in driven.events if hasattr(event, "item_id")}
    ids |= {event.item.id for _, event in driven.events if hasattr(event, "item")}
    ids |= {event.response.id for _, event in driven.events if hasattr(event, "response")}
    assert ids == {"__fake_id__"}
    assert driven.model.asked[1][-1]["call_id"] == "call-script-1-1"  # tool calls stay apart


# Blocking and streaming


@pytest.mark.parametrize("seed", range(20))
def test_a_blocking_call_takes_as_long_as_the_whole_stream(seed: int) -> None:
    script = Script.random(seed)
    driven = drive(script)
    model, final, ended = blocking(script)
    assert (final, ended) == (driven.final, driven.ended)
    assert model.made == driven.model.made
    assert model.usage == driven.model.usage


def test_a_blocking_call_meets_the_same_errors() -> None:
    with pytest.raises(Exception, match="Error code: 429"):
        blocking(Script.say("a b c", error="rate_limit", error_at=2))
    with pytest.raises(Exception, match="Connection error"):
        blocking(Script.say("a b c", end_at=2))  # half a body is none
    with pytest.raises(Exception, match="refused"):
        blocking(Script.say("I cannot do that.", refusal=True))


def test_usage_counts_words_in_and_deltas_out() -> None:
    driven = drive(Script.say("one two three"), "What is a delta?", instructions="Be brief.")
    assert (driven.model.usage.input_tokens, driven.model.usage.output_tokens) == (6, 3)
    assert driven.model.usage.requests == 1
