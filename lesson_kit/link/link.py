"""An httpx2 transport that carries a client into an ASGI app, streaming in both directions.

httpx2's own ASGITransport runs the app to its end before the client gets the first byte (httpx2/_transports/asgi.py),
so nothing about streaming can be seen through it. Here the app runs in a task of its own, and its answer passes
through a link that holds one chunk: an app that is ahead of its reader waits in `send`, as it does in front of a
full socket.

What it is not: a server. It runs no lifespan (startup and shutdown are the caller's), and `scope["state"]` is unset.
"""

from __future__ import annotations

import asyncio
import warnings

import httpx2
from starlette.types import ASGIApp

from .exchange import Exchange
from .fate import Fate

__all__ = ["Link"]


class Link(httpx2.AsyncBaseTransport):
    """A connection between `httpx2.AsyncClient(transport=Link(app))` and the app, with faults to order.

    `cut_at`: the connection breaks so many seconds after the request was sent. `cut_after`: it breaks once the
    client has so many bytes of the body. In both cases the client sees `httpx2.ReadError` and the app
    `http.disconnect`. With `sever`, the app is told nothing (a laptop was closed); its next `send` raises OSError.

    `read_delay`: the client waits so many seconds before it takes a chunk. `split`: bytes per chunk, so characters
    break in the middle. `merge`: so many chunks arrive as one, as behind a proxy that buffers; what is
    collected for a merge does not hold the app up.

    A client that closes its response early disconnects at once, as on a socket; the app ends in its own time.
    `drain()` waits for that, and so does closing the link, which cancels an app that takes longer than `grace` seconds.
    httpx2's read timeout holds, in loop time. An app's error before the response starts is raised to the
    client; a later one cuts the body, is logged, and is kept in `errors`.

    Raises `ValueError` for an option out of range.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        cut_at: float | None = None,
        cut_after: int | None = None,
        sever: bool = False,
        read_delay: float = 0.0,
        split: int | None = None,
        merge: int | None = None,
        spec_version: str = "2.3",
        client: tuple[str, int] = ("127.0.0.1", 50000),
        grace: float = 60.0,
    ) -> None:
        self.app = app
        self.fate = Fate(cut_at, cut_after, sever, read_delay, split, merge)
        self.spec_version = spec_version
        self.client = client
        self.grace = grace
        self.errors: list[Exception] = []
        self._exchanges: set[Exchange] = set()
        self._apps: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = Exchange(request, self.fate, self.errors)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": self.spec_version},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.split(b"?")[0],
            "query_string": request.url.query,
            "server": (request.url.host, request.url.port),
            "client": self.client,
            "root_path": "",
        }
        task = asyncio.create_task(exchange.run(self.app, scope), name=f"app {request.url.path}")
        self._apps.add(task)
        task.add_done_callback(self._apps.discard)
        self._exchanges.add(exchange)
        task.add_done_callback(lambda _: self._exchanges.discard(exchange))
        return await exchange.response()

    async def drain(self) -> None:
        """Wait until the app has ended every request that it was sent so far."""
        while self._apps:
            await asyncio.wait(self._apps)

    async def aclose(self) -> None:
        """Disconnect every client; wait for the app."""
        for exchange in list(self._exchanges):
            exchange.hang_up()
        if self._apps:
            await asyncio.wait(self._apps, timeout=self.grace)
        if self._apps:
            names = ", ".join(sorted(task.get_name() for task in self._apps))
            for task in self._apps:
                task.cancel()
            await self.drain()
            warnings.warn(
                f"The client left, but after {self.grace:g} s these were still running: {names}. "
                "They were cancelled. An app should end when receive() gives http.disconnect.",
                RuntimeWarning,
                stacklevel=2,
            )
