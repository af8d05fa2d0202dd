"""Adaptive batching: text deltas that wait for the same reader leave as one event."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ProgressUpdateEvent,
    ThreadItemUpdatedEvent,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from lesson_kit.clock import run
from lesson_kit.script import Script
from lesson_kit.server import Batching, Limits
from lesson_kit.server.batching import Batches, Entry
from tests.conversation import WORDS, Conversation, Event, deltas, kinds, other_tasks, text_of

BATCHING = Batching(late=0.005, pause=0.05)


def wire(event: BaseModel) -> bytes:
    # As chatkit/server.py writes it.
    return b"data: " + event.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n\n"


def delta(text: str, item: str = "msg_1", part: int = 0) -> bytes:
    update = AssistantMessageContentPartTextDelta(content_index=part, delta=text)
    return wire(ThreadItemUpdatedEvent(item_id=item, update=update))


PROGRESS = wire(ProgressUpdateEvent(text='"assistant_message.content_part.text_delta"'))


def all_of(*chunks: bytes) -> list[bytes]:
    """What a reader gets that comes when all of these wait."""

    async def main() -> list[bytes]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        for chunk in chunks:
            queue.put_nowait((0.0, chunk))
        batches = Batches(queue, BATCHING)
        queue.put_nowait((0.0, None))
        got = []
        while (chunk := (await batches.get())[1]) is not None:
            got.append(chunk)
        return got

    return run(main())


def test_deltas_that_wait_leave_as_one_event_in_the_sdks_own_form() -> None:
    assert all_of(delta("Hel"), delta("lo"), delta(' "Żółw" \n☕ \\')) == [
        delta('Hello "Żółw" \n☕ \\')
    ]


def test_one_delta_alone_keeps_its_bytes() -> None:
    assert all_of(delta("é")) == [delta("é")]


def test_only_neighbours_of_the_same_item_and_part_are_joined() -> None:
    chunks = [delta("a"), delta("b", part=1), delta("c", item="msg_2"), PROGRESS]
    chunks += [delta("d", item="msg_2")]
    assert all_of(*chunks) == chunks


def test_the_rest_of_what_waits_is_still_there_for_the_next_reading() -> None:
    assert all_of(PROGRESS, delta("a"), delta("b"), PROGRESS, delta("c"), delta("d")) == [
        PROGRESS, delta("ab"), PROGRESS, delta("cd"),
    ]  # fmt: skip


CHUNKS = st.one_of(
    st.builds(delta, st.text(max_size=3), st.sampled_from(["m", "n"]), st.sampled_from([0, 1])),
    st.just(PROGRESS),
)


def folded(chunks: list[bytes]) -> list[Any]:
    """The events in order, with the text of neighbours added up: what a page can tell."""
    seen: list[Any] = []
    for chunk in chunks:
        event = json.loads(chunk.removeprefix(b"data: "))
        text = event.get("update", {}).pop("delta", None)
        if text is not None and seen and seen[-1][0] == event:
            seen[-1][1] += text
        else:
            seen.append([event, text])
    return seen


@settings(max_examples=60)
@given(st.lists(CHUNKS, max_size=12))
def test_nothing_is_lost_and_the_order_is_kept(chunks: list[bytes]) -> None:
    assert folded(all_of(*chunks)) == folded(chunks)


# --- who is behind ---


def make_late(seconds: float) -> None:
    """From now on every timer of this loop goes off so late, as on a loop that has too much to do."""
    loop = asyncio.get_running_loop()
    on_time = loop.call_later

    def late(delay: float, callback: Any, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        return on_time(delay + seconds, callback, *args, **kwargs)

    loop.call_later = late  # type: ignore[assignment, method-assign]


async def through(gaps: list[float], *, lateness: float = 0.0, pause: float = 0.0) -> list[Event]:
    """Deltas with these gaps before them, on a loop that is so late, to a reader that pauses after each event.

    A word is its number and the time at which it was made.
    """
    queue: asyncio.Queue[Entry] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    batches, left = Batches(queue, BATCHING), []
    made = loop.time()
    for number, gap in enumerate(gaps):
        made += gap
        put = (made, delta(f" {number}@{made:.4f}"))
        # A nanosecond more for each: timers that are due together go off in any order.
        loop.call_at(made + lateness + number * 1e-9, queue.put_nowait, put)
    loop.call_at(made + lateness + 1e-6, queue.put_nowait, (made, None))
    make_late(lateness)
    while (chunk := (await batches.get())[1]) is not None:
        text = json.loads(chunk.removeprefix(b"data: "))["update"]["delta"]
        left += [{"t": loop.time(), "words": text.split()}]
        await asyncio.sleep(pause)
    return left


def words_of(events: list[Event]) -> list[int]:
    return [int(word.partition("@")[0]) for event in events for word in event["words"]]


def delays(events: list[Event]) -> list[float]:
    return [event["t"] - float(w.partition("@")[2]) for event in events for w in event["words"]]


def test_a_reader_that_keeps_up_gets_every_delta_by_itself_and_at_once() -> None:
    events = run(through([0.01] * 50))
    assert [len(event["words"]) for event in events] == [1] * 50
    assert max(delays(events)) < 0.0001


def test_a_loop_that_is_late_gathers_but_not_the_first_delta() -> None:
    events = run(through([0.01] * 100, lateness=0.02))
    assert len(events[0]["words"]) == 1
    assert delays(events)[0] == pytest.approx(0.02, abs=0.0001)
    assert words_of(events) == list(range(100))
    assert len(events) <= 22, "a second of text at a twentieth of a second a batch"


def test_while_the_loop_is_late_batching_adds_at_most_its_pause() -> None:
    events = run(through([0.01] * 100, lateness=0.02))
    assert max(delays(events)) < 0.1, "two timers of 20 ms, and 50 ms of batching"


def test_a_loop_that_has_recovered_sends_at_once_again() -> None:
    async def main() -> list[float]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        batches = Batches(queue, BATCHING)
        loop.call_at(0.02, queue.put_nowait, (0.0, delta("late")))
        for number in range(1, 20):
            loop.call_at(0.1 * number, queue.put_nowait, (0.1 * number, delta("in time")))
        waited = []
        for _ in range(20):
            made_at, _ = await batches.get()
            waited.append(loop.time() - made_at)
        return waited

    waited = run(main())
    assert waited == pytest.approx([0.02] + [0.0] * 19, abs=1e-6)


@settings(max_examples=40)
@given(
    gaps=st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.2]), max_size=30),
    lateness=st.sampled_from([0.0, 0.004, 0.02]),
    pause=st.sampled_from([0.0, 0.03]),
)
def test_whoever_is_behind_nothing_is_lost_and_a_reader_in_time_is_not_late(
    gaps: list[float], lateness: float, pause: float
) -> None:
    events = run(through(gaps, lateness=lateness, pause=pause))
    assert words_of(events) == list(range(len(gaps)))
    # Two timers may be late in a row: that of the reader's own pause, and that of the batch.
    worst = pause + BATCHING.pause + 3 * lateness
    assert max(delays(events), default=0.0) <= worst + 0.001


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), float("nan")])
def test_seconds_that_make_no_sense_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"Batching\(pause=\.\.\.\) expected seconds above 0"):
        Batching(pause=wrong)


# --- in the server ---


def ask(script: Script, *, pause: float, **server: Any) -> tuple[list[Event], str, float]:
    async def main() -> tuple[list[Event], str, float]:
        chat = Conversation(script, **server)
        events = await chat.ask("Hi", pause=pause)
        took = asyncio.get_running_loop().time()
        return events, (await chat.saved())[-1][1], took

    return run(main())


SLOW_READER = Script.say(WORDS, thinking=1.0, gap=0.02)


def test_without_the_option_every_delta_is_an_event() -> None:
    events, _, _ = ask(SLOW_READER, pause=0.2)
    assert len(deltas(events)) == 50


def test_a_slow_reader_gets_fewer_events_and_the_same_text_sooner() -> None:
    _, saved, without = ask(SLOW_READER, pause=0.2)
    events, saved_too, took = ask(SLOW_READER, pause=0.2, batching=Batching())
    assert "".join(deltas(events)) == WORDS == saved == saved_too
    assert len(deltas(events)) <= 6
    assert took < without / 4


def test_a_reader_that_keeps_up_sees_no_difference_at_all() -> None:
    def plain(events: list[Event]) -> list[Event]:
        return [e for e in events if e["type"] in ("thread.item.updated", "progress_update")]

    without, _, _ = ask(SLOW_READER, pause=0.0)
    events, _, _ = ask(SLOW_READER, pause=0.0, batching=Batching())
    assert plain(events) == plain(without)
    assert kinds(events) == kinds(without)


def test_what_is_no_delta_is_untouched() -> None:
    without, _, _ = ask(SLOW_READER, pause=0.2)
    events, _, _ = ask(SLOW_READER, pause=0.2, batching=Batching())
    some = [kind for kind in kinds(events) if kind != "thread.item.updated"]
    assert some == [kind for kind in kinds(without) if kind != "thread.item.updated"]
    assert text_of(events[-1]["item"]) == WORDS


def test_a_slow_reader_that_leaves_still_stops_the_model() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS, gap=0.05), batching=Batching())
        events: list[Event] = []
        async with aclosing(await chat.send("Hi")) as stream:  # type: ignore[type-var]
            async for event in stream:
                events.append(event)
                await asyncio.sleep(0.12)
                if len(deltas(events)) == 3:
                    break
        await chat.server.drain()
        assert len(chat.model.made) < 50
        assert ("assistant_message", "".join(made.delta for made in chat.model.made)) in (
            await chat.saved()
        )
        assert not other_tasks()

    run(main())


def test_a_reader_behind_after_the_total_is_still_let_go() -> None:
    events, _, _ = ask(
        Script.say(WORDS, thinking=0.1, gap=0.02),
        pause=2.0,
        batching=Batching(),
        limits=Limits(total=5.0),
    )
    assert events[-1]["type"] == "error"
    assert "longer than 5 seconds" in events[-1]["message"]
