"""The probes: small experiments on a server, each of which gives plain figures for the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from ..script import Reply, ToolCall
from ..script.play import ModelCall
from .case import GAP, THINKING, Case
from .facts import FIRST
from .latency import awaits, slow_down, speed_up
from .reader import Reading
from .shapes import example_json
from .surroundings import kept_enough

__all__ = ["GROUPS", "PROBES", "Probe"]

FIRST_QUESTION, SECOND_QUESTION = "Question alpha: why stream?", "Question beta: and why not?"
LEAVE_AFTER = 10
SILENCE = 400.0  # seconds: longer than any time limit that the course recommends
Figures = dict[str, Any]
Probe = Callable[[Case], Coroutine[Any, Any, Figures]]


def seen(reading: Reading) -> Figures:
    """Sum up what a client saw."""
    deltas = reading.deltas
    progress = [(t, event.get("text", "")) for t, event in reading.kinds("progress_update")]
    return {
        "ended": reading.ended,
        "error": reading.error,
        "seconds": reading.seconds,
        "deltas": len(deltas),
        "times": [t for t, _ in deltas],
        "text": reading.text,
        "added": len(reading.messages("thread.item.added")),
        "done": [text for _, text in reading.messages()],
        "other_items": sum(
            event["item"]["type"] not in ("user_message", "assistant_message")
            for _, event in reading.kinds("thread.item.done")
        ),
        "errors": [event for _, event in reading.kinds("error")],
        "notices": len(reading.kinds("notice")),
        "progress": progress,
    }


def asked(case: Case) -> list[Figures]:
    """Describe each input that the model got: as text, and whether it is made of messages at all."""
    found = []
    for call in case.stage.model.calls:
        items = call.input if isinstance(call.input, list) else []
        strange = [
            item
            for item in items
            if not isinstance(item, dict) or not {"role", "type"} & item.keys()
            or str(item.get("type", "message")).startswith("input_")
        ]  # fmt: skip
        linked = call.previous_response_id or call.conversation_id
        found.append(
            {
                "text": str(call.input)[:20_000],
                "strange": str(strange[0])[:160] if strange else "",
                "linked": bool(linked),
                "streamed": call.streamed,
            }
        )
    return found


async def answer(case: Case) -> Figures:
    """Two questions, one after the other, on one thread."""
    server, play = case.server(), case.script()
    case.senses.clear()
    case.stage.sleeps.clear()
    with case.watching() as held, case.senses.tracing():
        first = await case.ask(server, FIRST_QUESTION)
    case.suspect(held)
    case.sleeps = list(case.stage.sleeps)
    figures: Figures = {
        "first": seen(first) | {"of": 40},
        "made": case.made(),
        "passing": list(case.senses.passing),
        "logged": list(case.senses.errors),
        "warned": list(case.senses.warnings),
        "asked_after_first": len(play.times),
        "tools": len(play.tools),
    }
    with case.watching() as again:
        second = await case.ask(server, SECOND_QUESTION, first.thread_id)
    case.suspect(again)
    kept = await case.answers(server, first.thread_id)
    return figures | {"second": seen(second), "asked": asked(case), "kept": kept}


async def blocks(case: Case) -> Figures:
    """Ask once more what held the loop in one of two answers: it may do so in each first one, or have done so once."""
    if case.suspects:
        server, _play = case.server(), case.script(20)
        with case.watching() as again:
            await case.ask(server, FIRST_QUESTION)
        case.suspect(again)
    sleeps: dict[tuple[str, int], list[float]] = {}
    for place, seconds in case.sleeps:
        sleeps.setdefault((place.file, place.line), []).append(seconds)
    case.stage.measured()
    return {
        "held": [[b.file, b.line, round(b.seconds, 2), b.source] for b in case.proved],
        "sleeps": [[*place, sum(spans), len(spans)] for place, spans in sleeps.items()],
    }


async def leave(case: Case) -> Figures:
    """The reader disconnects after ten deltas."""
    server, _ = case.server(), case.script()
    case.left = await _leave(case, server, leave_after=LEAVE_AFTER)
    return case.left


async def close(case: Case) -> Figures:
    """The reader breaks its loop and closes the stream with aclose()."""
    server, _ = case.server(), case.script()
    return await _leave(case, server, close_after=LEAVE_AFTER)


async def leave_own_store(case: Case) -> Figures:
    """What is lost when the reader disconnects: is it lost with the server's own store, too, as it is?"""
    server, _ = case.server(), case.script()
    if not case.left.get("shown") or kept_enough(case.left) or awaits(server.store):
        return {"awaits": True}
    speed_up(server.store)
    left = await _leave(case, server, leave_after=LEAVE_AFTER)
    slow_down(server, 0.0)
    return left | {"awaits": False, "store": type(server.store).__name__}


async def _leave(case: Case, server: Any, **how: Any) -> Figures:
    reading = await case.ask(server, FIRST_QUESTION, **how)
    at_leaving = len(case.made())
    await asyncio.sleep(60)
    return {
        "shown": reading.text,
        "after": len(case.made()) - at_leaving,
        "made": len(case.made()),
        "kept": await case.answers(server, reading.thread_id),
    }


async def interrupt(case: Case) -> Figures:
    """A second message comes while the first answer streams."""
    server, play = case.server(), case.script(60)
    first = Reading()
    task = asyncio.create_task(case.ask(server, FIRST_QUESTION, into=first))
    await asyncio.sleep(THINKING + 12 * GAP)
    if first.thread_id is None or task.done():
        await task
        return {"streaming": False}
    second = await case.ask(server, SECOND_QUESTION, first.thread_id)
    await task
    asked_at = play.times[1] if len(play.times) > 1 else None
    after = 0 if asked_at is None else len(case.made(1, asked_at + GAP))
    return {
        "streaming": True,
        "first": seen(first),
        "second": seen(second),
        "after": after,
        "made_first": len(case.made(1)),
    }


async def slow_reader(case: Case) -> Figures:
    """The client takes half a minute for each event."""
    server, _ = case.server(), case.script()
    return seen(await case.ask(server, FIRST_QUESTION, pause=30.0))


async def silence(case: Case) -> Figures:
    """The model says nothing for a long time in the middle of its answer."""
    server, _ = case.server(), case.script(20, stall_at=10, stall_for=SILENCE)
    case.senses.clear()
    return seen(await case.ask(server, FIRST_QUESTION)) | {"logged": list(case.senses.errors)}


async def model_error(case: Case) -> Figures:
    """The model breaks off with an error after ten deltas."""
    server, _ = case.server(), case.script(20, error="server", error_at=10)
    reading = await case.ask(server, FIRST_QUESTION)
    return seen(reading) | {"kept": await case.answers(server, reading.thread_id)}


async def long(case: Case) -> Figures:
    """A long answer: 600 deltas of a dozen characters."""
    server, _ = case.server(), case.script(600)
    reading = await case.ask(server, FIRST_QUESTION)
    return seen(reading) | {"of": 600, "made": len(case.made())}


async def same_ids(case: Case) -> Figures:
    """Every message of the model has one id, as with Chat Completions."""
    server, _ = case.server(), case.script(5, item_id="__fake_id__")
    first = await case.ask(server, FIRST_QUESTION)
    await case.ask(server, SECOND_QUESTION, first.thread_id)
    return {"kept": await case.answers(server, first.thread_id)}


async def tools(case: Case) -> Figures:
    """The model calls each function tool that it is offered."""
    outputs: list[str] = []

    def reply(question: str, call: ModelCall) -> Reply:
        last = call.input[-1] if isinstance(call.input, list) else {}
        if isinstance(last, dict) and last.get("type") == "function_call_output":
            outputs.extend(
                str(item.get("output"))
                for item in call.input
                if isinstance(item, dict) and item.get("type") == "function_call_output"
            )
            return Reply("Done.")
        schemas = {t.name: getattr(t, "params_json_schema", None) for t in call.tools}
        calls = [ToolCall(name, example_json(s)) for name, s in schemas.items() if s]
        return Reply(calls=calls) if calls else Reply("Done.")

    case.script_of(reply)
    await case.ask(case.server(), FIRST_QUESTION)
    return {"outputs": [output[:200] for output in outputs]}


PROBES: dict[str, Probe] = {
    "answer": answer,
    "blocks": blocks,
    "leave": leave,
    "interrupt": interrupt,
    "leave_own_store": leave_own_store,
    "silence": silence,
    "slow_reader": slow_reader,
    "same_ids": same_ids,
    "model_error": model_error,
    "close": close,
    "tools": tools,
    "long": long,
}

# Those after the first answer, in groups that may be made side by side.
GROUPS = [
    ("leave", "leave_own_store"),
    *((name,) for name in PROBES if name not in (*FIRST, "leave", "leave_own_store")),
]
