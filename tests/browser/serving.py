"""A real server beside a browser: uvicorn on a thread of its own, because the browser is driven from this one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from lesson_kit.server import LessonServer
from lesson_kit.web import create_app
from tests.live.hosts import on_uvicorn

START_LIMIT = 180.0  # seconds


class Serving:
    """A server that is up. `call` runs a function on its loop."""

    def __init__(self, server: LessonServer) -> None:
        self.server = server
        self.url = ""
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(START_LIMIT), "uvicorn did not start"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        async with on_uvicorn(create_app(self.server)) as self.url:
            self._up.set()
            await self._leave.wait()

    def call(self, action: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(action)

    def end(self) -> None:
        """Stop serving; again does nothing."""
        if self._thread.is_alive():
            self.call(self._leave.set)
            self._thread.join()


@contextlib.contextmanager
def serving(server: LessonServer) -> Iterator[Serving]:
    """Serve until the end of the block."""
    host = Serving(server)
    host.start()
    try:
        yield host
    finally:
        host.end()
