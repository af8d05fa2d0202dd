"""The chat client over real sockets: the same as in process."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from lesson_kit.client import ChatClient
from lesson_kit.web import create_app
from tests.live.hosts import Host, on_hypercorn, on_uvicorn
from tests.reading import sse
from tests.talker import Talker

pytestmark = [pytest.mark.live, pytest.mark.parametrize("host", [on_uvicorn, on_hypercorn])]

WORDS = ["Grüße ", "aus ", "日本 ", "🎈"]


async def seen_by(client: ChatClient) -> list[dict[str, Any]]:
    """The events of one answer, without what differs from run to run."""
    async with client.send("Hi") as stream:
        async for _ in stream:
            pass
    assert stream.recording.outcome == "done"
    return [_without_ids(moment.event) for moment in stream.recording]


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        varying = ("id", "item_id", "thread_id", "created_at")
        return {k: _without_ids(v) for k, v in value.items() if k not in varying}
    return [_without_ids(v) for v in value] if isinstance(value, list) else value


async def test_the_events_are_those_of_the_link(host: Host) -> None:
    app = create_app(Talker(WORDS, gap=0.01))
    async with ChatClient.over(app) as client:
        in_process = await seen_by(client)
    async with host(app) as address, ChatClient.at(address) as client:
        assert await seen_by(client) == in_process
        assert [thread.title for thread in (await client.threads()).data] == [None, None]


async def test_stop_from_another_task_closes_the_socket(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    server = Talker([f"delta{number} " for number in range(200)], gap=0.05, latency=0.01)
    async with host(create_app(server)) as address, ChatClient.at(address) as client:
        async with client.send("Hi") as stream:
            stopping = [
                asyncio.create_task(stream.stop())
                async for event in stream
                if getattr(getattr(event, "update", None), "delta", "") == "delta3 "
            ]
            await asyncio.gather(*stopping)
        assert stream.recording.outcome == "stopped"
        thread_id = stream.thread_id
        assert thread_id
        kept = await server.texts_once(3, thread_id)
        assert kept[1].startswith("delta0 delta1 delta2 delta3 ")
        assert 4 <= server.made < 100  # it would have gone on for ten seconds
        server.deltas = server.deltas[:10]
        async with client.send("Again", thread_id) as again:  # the client goes on working
            async for _ in again:
                pass
        assert again.recording.outcome == "done"
    assert [r for r in caplog.records if r.levelname not in ("INFO", "DEBUG")] == []


async def test_more_streams_at_once_than_httpx2_allows_connections(host: Host) -> None:
    """httpx2's own limit is 100 connections, and a stream holds one for as long as it lasts."""
    server = Talker(["x"], gap=1.0)
    async with host(create_app(server)) as address, ChatClient.at(address) as client:
        async with contextlib.AsyncExitStack() as open_streams:
            streams = [client.send(str(number)) for number in range(110)]
            await asyncio.gather(*map(open_streams.enter_async_context, streams))
            for stream in streams:
                async for _ in stream:
                    pass
    assert {stream.recording.outcome for stream in streams} == {"done"}


async def test_a_server_that_breaks_off_is_a_cut(host: Host) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        (chunk,) = sse({"type": "half.an.answer"})
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # No end of the body: the server closes the connection.

    async with host(app) as address, ChatClient.at(address) as client:
        async with client.send("Hi") as stream:
            events = [event async for event in stream]
    assert events == [{"type": "half.an.answer"}]
    assert stream.recording.outcome == "cut"
