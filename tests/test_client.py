"""The chat client: create, send, retry, list, get."""

from __future__ import annotations

import asyncio

import httpx2
from chatkit.types import ThreadCreatedEvent, ThreadItemDoneEvent, ThreadItemUpdatedEvent

from lesson_kit import clock
from lesson_kit.client import ChatClient
from tests.reading import now, over_talker
from tests.talker import Talker


def test_a_new_thread_streams_event_by_event() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("Hi") as stream:
            assert stream.thread_id is None
            seen = [(now(), event) async for event in stream]
        assert isinstance(seen[0][1], ThreadCreatedEvent)
        assert stream.thread_id == seen[0][1].thread.id
        deltas = [t for t, event in seen if isinstance(event, ThreadItemUpdatedEvent)]
        assert deltas == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
        assert isinstance(seen[-1][1], ThreadItemDoneEvent)
        assert stream.recording.outcome == "done"
        assert stream.recording.text == "".join(server.deltas)
        assert stream.recording.first_token == 1.0

    over_talker(use)


def test_times_count_from_the_request() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        await asyncio.sleep(100)
        async with client.send("Hi") as stream:
            async for _ in stream:
                pass
        assert stream.recording.first_token == 1.0
        assert stream.recording.duration == 10.0

    over_talker(use)


def test_a_second_message_goes_to_the_same_thread() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("one") as first:
            async for _ in first:
                pass
        async with client.send("two", first.thread_id) as second:
            assert second.thread_id == first.thread_id
            async for _ in second:
                pass
        answer = "".join(server.deltas)
        assert await server.texts(str(first.thread_id)) == ["one", answer, "two", answer]

    over_talker(use)


def test_retry_answers_the_same_message_anew() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        async with client.send("one") as first:
            async for _ in first:
                pass
        assert first.thread_id
        question = (await client.items(first.thread_id, order="asc")).data[0]
        server.deltas = ["better"]
        async with client.retry(first.thread_id, question.id) as again:
            async for _ in again:
                pass
        assert await server.texts(first.thread_id) == ["one", "better"]

    over_talker(use)


def test_threads_and_items_come_in_pages() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        ids = []
        for number in range(3):
            async with client.send(f"question {number}") as stream:
                async for _ in stream:
                    pass
            ids.append(stream.thread_id)
        page = await client.threads(limit=2, order="asc")
        assert [thread.id for thread in page.data] == ids[:2]
        assert page.has_more
        rest = await client.threads(limit=2, order="asc", after=page.after)
        assert [thread.id for thread in rest.data] == ids[2:]
        thread = await client.thread(str(ids[0]))
        assert [item.type for item in thread.items.data] == ["user_message", "assistant_message"]
        items = await client.items(str(ids[0]), limit=1)
        assert [item.type for item in items.data] == ["assistant_message"]

    over_talker(use)


def test_a_client_that_was_brought_along_is_not_closed() -> None:
    async def main() -> None:
        async with httpx2.AsyncClient(base_url="http://x") as http:
            async with ChatClient(http, path="/elsewhere"):
                pass
            assert not http.is_closed

    clock.run(main())
