"""Real HTTP servers on loopback, in this process, so that a test can look inside: uvicorn and hypercorn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import hypercorn.asyncio
import hypercorn.config

from lesson_kit.serve import listen
from tools.served import on_uvicorn

__all__ = ["Host", "on_hypercorn", "on_uvicorn"]

Host = Callable[[Any], contextlib.AbstractAsyncContextManager[str]]


@contextlib.asynccontextmanager
async def on_hypercorn(app: Any) -> AsyncIterator[str]:
    """Serve an app; yield its address."""
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    config = hypercorn.config.Config()
    config.bind = [f"fd://{taken.fileno()}"]
    config.graceful_timeout = 2
    stop = asyncio.Event()
    serving = asyncio.create_task(
        hypercorn.asyncio.serve(app, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await serving
        with contextlib.suppress(OSError):
            taken.close()
