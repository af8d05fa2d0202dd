"""An ASGI app that ticks, and a reader who notes when each chunk came."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from lesson_kit.link import Link


def now() -> float:
    return asyncio.get_running_loop().time()


class Ticker:
    """An ASGI app that sends a chunk every `gap` seconds and notes what it met."""

    def __init__(self, chunks: list[bytes], gap: float = 1.0, *, listens: bool = True) -> None:
        self.chunks = chunks
        self.gap = gap
        self.listens = listens
        self.sent: list[float] = []
        self.disconnected_at: float | None = None
        self.send_failed_at: float | None = None
        self.ended_at: float | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        ticking = asyncio.create_task(self.tick(send))
        listening = asyncio.create_task(self.listen(receive))
        try:
            await asyncio.wait({ticking, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ticking, listening):
                task.cancel()
            await asyncio.wait({ticking, listening})
            self.ended_at = now()

    async def tick(self, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for chunk in self.chunks:
                await asyncio.sleep(self.gap)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                self.sent.append(now())
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            self.send_failed_at = now()

    async def listen(self, receive: Any) -> None:
        if not self.listens:
            await asyncio.Event().wait()
        assert (await receive())["type"] == "http.disconnect"
        self.disconnected_at = now()


async def read(link: Link, **request: Any) -> tuple[list[tuple[float, bytes]], Exception | None]:
    """(time, chunk) as a client sees them, and the error that ended the body."""
    seen: list[tuple[float, bytes]] = []
    async with httpx2.AsyncClient(transport=link, base_url="http://app", timeout=None) as http:
        try:
            async with http.stream("POST", "/", **request) as response:
                async for chunk in response.aiter_raw():
                    seen.append((now(), chunk))  # noqa: PERF401  # what came before an error counts
        except httpx2.TransportError as error:
            return seen, error
    return seen, None
