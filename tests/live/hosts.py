"""Real HTTP servers on loopback, in this process, so that a test can look inside: uvicorn and hypercorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import hypercorn.asyncio
import hypercorn.config
import uvicorn

Host = Callable[[Any], contextlib.AbstractAsyncContextManager[str]]


@contextlib.asynccontextmanager
async def on_uvicorn(app: Any) -> AsyncIterator[str]:
    """Serve an app; yield its address."""
    taken = _free_socket()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    serving = asyncio.create_task(server._serve([taken]))  # serve() would take over the signals
    while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    try:
        yield _address(taken)
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def on_hypercorn(app: Any) -> AsyncIterator[str]:
    taken = _free_socket()
    address = _address(taken)
    config = hypercorn.config.Config()
    config.bind = [f"fd://{taken.fileno()}"]
    config.graceful_timeout = 2
    stop = asyncio.Event()
    serving = asyncio.create_task(
        hypercorn.asyncio.serve(app, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    )
    try:
        yield address
    finally:
        stop.set()
        await serving
        with contextlib.suppress(OSError):
            taken.close()


def _free_socket() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


def _address(taken: socket.socket) -> str:
    return f"http://127.0.0.1:{taken.getsockname()[1]}"
