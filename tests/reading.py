"""Clients over an ASGI app in virtual time, and an app that answers with given bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from lesson_kit import clock
from lesson_kit.client import ChatClient, Stream
from lesson_kit.web import create_app
from tests.talker import Talker


def now() -> float:
    return asyncio.get_running_loop().time()


def no_task_is_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


class Wire:
    """An ASGI app that answers every request with these chunks, one each `gap` seconds."""

    def __init__(
        self,
        *chunks: bytes,
        gap: float = 0.0,
        status: int = 200,
        content_type: str = "text/event-stream",
    ) -> None:
        self.chunks = chunks
        self.gap = gap
        self.status = status
        self.content_type = content_type

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", self.content_type.encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for chunk in self.chunks:
            await asyncio.sleep(self.gap)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})


def sse(*events: Any) -> list[bytes]:
    """Events as ChatKit writes them (chatkit/server.py, _process_streaming)."""
    return [b"data: " + json.dumps(e, ensure_ascii=False).encode() + b"\n\n" for e in events]


async def collect(app: Any, **link_options: Any) -> tuple[list[Any], Stream]:
    async with ChatClient.over(app, **link_options) as client:
        async with client.send("Hi") as stream:
            events = [event async for event in stream]
    assert no_task_is_left()
    return events, stream


def over_talker(
    use: Callable[[ChatClient, Talker], Awaitable[None]], talker: Talker | None = None, **link: Any
) -> None:
    """Run `use` with a client over a talker, in virtual time; afterwards no task is left."""

    async def main() -> None:
        server = talker or Talker()
        async with ChatClient.over(create_app(server), **link) as client:
            await use(client, server)
        assert no_task_is_left()

    clock.run(main())


async def stop_at(t: float, stream: Stream) -> None:
    await asyncio.sleep(t - now())
    await stream.stop()
