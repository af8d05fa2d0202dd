"""The order in which a server ends without losing an answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from chatkit.server import ChatKitServer

__all__ = ["Shutdown"]

logger = logging.getLogger(__name__)

# Seconds that the turns may take to save. They need milliseconds; a store that hangs must not hold the process for ever.
PATIENCE = 30.0


class Shutdown:
    """Stops the turns, waits until they are saved, closes the store.

    Each step happens where the server has it: `stop_all(reason)`, `drain()`, `store.close()`. Plain ChatKit has none.
    """

    def __init__(self, server: ChatKitServer[Any]) -> None:
        self._server = server
        self.begun = False

    def begin(self) -> None:
        """Stop every turn and refuse new requests; again does nothing. Runs in the loop's thread.

        Servers such as uvicorn end the lifespan only after all open streams have ended. To end these streams at once,
        call this when the signal comes.
        """
        if not self.begun:
            self.begun = True
            if hasattr(self._server, "stop_all"):
                self._server.stop_all("shutdown")

    async def finish(self) -> None:
        """Wait for the turns' last saves, then close the store."""
        self.begin()
        try:
            if hasattr(self._server, "drain"):
                async with asyncio.timeout(PATIENCE):
                    await self._server.drain()
        except TimeoutError:
            logger.warning(
                "turns were still saving after %s s; their answers may be lost", PATIENCE
            )
        if hasattr(self._server.store, "close"):
            await self._server.store.close()

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        yield
        await self.finish()
