"""A stream: the same events however the bytes come, stop from any task, and cuts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from chatkit.types import ThreadItemUpdatedEvent
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.client import ChatClient
from lesson_kit.web import create_app
from tests.reading import Wire, collect, no_task_is_left, now, over_talker, sse, stop_at
from tests.talker import Talker


def test_stop_from_another_task_ends_the_iteration_at_once() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            timer = asyncio.create_task(stop_at(3.5, stream))
            seen = [event async for event in stream]
            assert now() == 3.5
            await timer
        assert len([e for e in seen if isinstance(e, ThreadItemUpdatedEvent)]) == 3
        assert stream.recording.outcome == "stopped"
        assert stream.recording.duration == 3.5
        await asyncio.sleep(60)
        assert server.made == 3
        assert await server.texts(str(stream.thread_id)) == [
            "Hi", "delta0 delta1 delta2 ", "sdk_hidden_context",
        ]  # fmt: skip

    over_talker(use, Talker(latency=0.02))


def test_stop_between_events_ends_the_iteration() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for event in stream:
                if isinstance(event, ThreadItemUpdatedEvent):
                    await stream.stop()
                    await stream.stop()
        assert stream.recording.outcome == "stopped"
        assert stream.recording.deltas == 1
        await asyncio.sleep(60)
        assert server.made == 1

    over_talker(use)


def test_a_fast_server_makes_little_more_after_a_stop() -> None:
    """Closing must not read on: each read would let the server make one more."""

    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for event in stream:
                if isinstance(event, ThreadItemUpdatedEvent):
                    break
        await asyncio.sleep(60)
        assert server.made <= 4  # one is read, one lies in the link, one waits in `send`

    over_talker(use, Talker(["x"] * 50, gap=0.0))


def test_stop_while_the_server_has_not_answered_yet() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def main() -> None:
        async with ChatClient.over(silent) as client:
            stream = client.send("Hi")
            timer = asyncio.create_task(stop_at(2.0, stream))
            async with stream:
                assert [event async for event in stream] == []
            assert now() == 2.0
            await timer
        assert stream.recording.outcome == "stopped"
        assert no_task_is_left()

    clock.run(main())


def test_a_stream_stopped_before_it_is_opened_sends_nothing() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        stream = client.send("Hi")
        await stream.stop()
        async with stream:
            assert [event async for event in stream] == []
        assert stream.recording.outcome == "stopped"
        assert (await client.threads()).data == []

    over_talker(use)


def test_stop_after_the_end_changes_nothing() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for _ in stream:
                pass
            await stream.stop()
        assert stream.recording.outcome == "done"

    over_talker(use)


@pytest.mark.parametrize(
    ("last", "outcome"), [("thread.item.updated", "stopped"), ("thread.item.done", "done")]
)
def test_leaving_early_by_break_counts_as_stopped_unless_the_answer_was_complete(
    last: str, outcome: str
) -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for event in stream:
                if event.type == last and stream.recording.deltas:
                    break
        assert stream.recording.outcome == outcome

    over_talker(use)


def test_a_cancelled_reader_closes_the_connection() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.5):
                async with client.send("Hi") as stream:
                    async for _ in stream:
                        pass
        assert now() == 3.5
        assert stream.recording.outcome == "stopped"
        await asyncio.sleep(60)
        assert server.made == 3

    over_talker(use)


def test_a_reader_cancelled_and_stopped_at_once_is_cancelled() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        stream = client.send("Hi")

        async def read() -> None:
            async with stream:
                async for _ in stream:
                    pass

        reading = asyncio.create_task(read())
        await asyncio.sleep(3.5)
        reading.cancel()
        await stream.stop()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert stream.recording.outcome == "stopped"

    over_talker(use)


@pytest.mark.parametrize(
    "link", [{}, {"split": 1}, {"merge": 1000}, {"split": 7, "merge": 3}, {"read_delay": 0.5}]
)
def test_chunks_make_no_difference(link: dict[str, Any]) -> None:
    talker = Talker(["Grüße ", "aus ", "日本 ", "🎈", "\u2028 \u0085 ", "data: \n\n x"])

    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for _ in stream:
                pass
        assert stream.recording.text == "".join(talker.deltas)
        assert stream.recording.outcome == "done"

    over_talker(use, talker, **link)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


events = st.lists(
    st.fixed_dictionaries({"type": st.just("future.event"), "x": json_values})
    | st.fixed_dictionaries({"type": st.just("progress_update"), "text": st.text(max_size=20)}),
    max_size=6,
)


@given(sent=events, split=st.integers(1, 40), merge=st.integers(1, 40))
def test_any_events_in_any_chunks_come_out_the_same(
    sent: list[Any], split: int, merge: int
) -> None:
    for link in ({}, {"split": 1}, {"merge": 10**6}, {"split": split, "merge": merge}):
        came, stream = clock.run(collect(Wire(*sse(*sent)), **link))
        raw = [e if isinstance(e, dict) else e.model_dump(exclude_none=True) for e in came]
        assert raw == sent
        assert [moment.event for moment in stream.recording] == sent


def test_an_event_of_several_megabytes_arrives() -> None:
    talker = Talker(["x" * 3_000_000], gap=0.0)

    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for _ in stream:
                pass
        assert len(stream.recording.text) == 3_000_000

    over_talker(use, talker)


def test_comments_and_unknown_events_do_no_harm() -> None:
    app = Wire(
        b": ping\n\n", *sse({"type": "from.the.future", "n": 1}, {"type": "progress_update"})
    )
    came, _ = clock.run(collect(app))
    # The second is of a known type but lacks its text: a newer server may have changed it.
    assert came == [{"type": "from.the.future", "n": 1}, {"type": "progress_update"}]


def test_a_long_silence_is_no_error() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            async for _ in stream:
                pass
        assert stream.recording.first_token == 3600.0

    over_talker(use, Talker(["at last"], gap=3600.0))


@pytest.mark.parametrize("cut_at", [0.0, 0.5, 3.5])
def test_a_cut_by_the_far_side_ends_the_iteration(cut_at: float) -> None:
    _, stream = clock.run(collect(create_app(Talker()), cut_at=cut_at))
    assert stream.recording.outcome == "cut"
    assert stream.recording.duration == cut_at
    assert stream.recording.deltas == int(cut_at)


@given(cut_after=st.integers(0, 3000))
def test_a_cut_at_any_byte_gives_whole_events_only(cut_after: int) -> None:
    talker = Talker(["Grüße ", "日本 ", "🎈"], gap=0.1)
    _, stream = clock.run(collect(create_app(talker), cut_after=cut_after))
    assert "".join(talker.deltas).startswith(stream.recording.text)
    assert stream.recording.outcome in ("cut", "done")


def test_a_server_that_fails_in_mid_answer_looks_like_a_cut() -> None:
    class Crashing(Wire):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def send_once(message: Any) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    raise OSError("out of memory")
                await send(message)

            await super().__call__(scope, receive, send_once)

    came, stream = clock.run(collect(Crashing(*sse({"type": "a"}))))
    assert came == [{"type": "a"}]
    assert stream.recording.outcome == "cut"


def test_a_stream_must_be_opened_and_only_once() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        stream = client.send("Hi")
        with pytest.raises(RuntimeError, match="not open"):
            await anext(stream)
        async with stream:
            pass
        with pytest.raises(RuntimeError, match="read once"):
            async with stream:
                pass

    over_talker(use)
