"""An app behind a real uvicorn on loopback, in this process, so that who asks can look inside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from lesson_kit.serve import listen

__all__ = ["on_uvicorn"]

STOP_LIMIT = 2  # seconds for the open streams


@contextlib.asynccontextmanager
async def on_uvicorn(app: Any, config: uvicorn.Config | None = None) -> AsyncIterator[str]:
    """Serve an ASGI app, by default with uvicorn's own settings; yield its address, "http://127.0.0.1:<port>"."""
    if config is None:
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=STOP_LIMIT)
    server = uvicorn.Server(config)
    with listen("127.0.0.1", 0) as taken:
        serving = asyncio.create_task(server._serve([taken]))  # serve() would take over the signals
        while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
