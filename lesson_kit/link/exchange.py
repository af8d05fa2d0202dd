"""One request and its answer, passed between a client's task and an ASGI app's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
from starlette.types import ASGIApp, Message, Scope

from .fate import Chunks, Fate

__all__ = ["Exchange"]

logger = logging.getLogger(__name__)


class Exchange:
    """The wire between one client and one run of the app: a response head, and room for one chunk."""

    def __init__(self, request: httpx2.Request, fate: Fate, errors: list[Exception]) -> None:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        self._request = request
        self._upload: AsyncIterator[bytes] = request.stream.__aiter__()
        self._uploaded = False
        self._fate = fate
        self._errors = errors
        self._chunks = Chunks(fate.split, fate.merge)
        self._changed = asyncio.Event()
        self._head: Message | None = None
        self._chunk: bytes | None = None
        self._ended = False  # the app has sent all of its answer
        self._left = False  # the client is gone: it closed, or the link was cut
        self._failed: Exception | None = None  # what the caller gets raised instead of an answer
        self._broken: str | None = None  # why the client gets no more
        self._taken = 0  # bytes of the body
        self._timer = (
            None
            if fate.cut_at is None
            else asyncio.get_running_loop().call_later(
                fate.cut_at, self._cut, f"the link was cut after {fate.cut_at:g} s"
            )
        )

    # The app's side

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        broken = "the app returned before it had ended its answer"
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:
            broken = f"the app failed: {type(error).__name__}: {error}"
            if self._head is None and not self._left:
                self._failed = error
            else:
                # The client has its status line already or is gone: a real server can only log, too.
                logger.error("the app failed after its response had started", exc_info=error)
                self._errors.append(error)
        finally:
            await self._close(broken)
            if hasattr(self._upload, "aclose"):
                await self._upload.aclose()

    async def _close(self, broken: str) -> None:
        """Let the reader have what was sent, as a closing socket does; then no more."""
        if self._ended:
            return
        with contextlib.suppress(OSError):
            for chunk in self._chunks.flush():
                await self._put(chunk)
        await self._until(lambda: self._chunk is None or self._left)
        self._break(broken)

    async def _receive(self) -> Message:
        if not self._uploaded and not self._app_knows():
            try:
                async for chunk in self._upload:
                    return {"type": "http.request", "body": chunk, "more_body": True}
            except Exception as error:
                # The client's own generator failed: its own error, and no business of the app's.
                self._failed = error
                self._cut("the request's body failed")
            else:
                self._uploaded = True
                return {"type": "http.request", "body": b"", "more_body": False}
        await self._until(self._app_knows)
        return {"type": "http.disconnect"}

    def _app_knows(self) -> bool:
        return self._ended or (self._left and not self._fate.sever)

    async def _send(self, message: Message) -> None:
        self._refuse(message)
        if self._gone():
            return
        if message["type"] == "http.response.start":
            self._head = message
            self._notify()
            return
        more = message.get("more_body", False)
        body = b"" if self._request.method == "HEAD" else bytes(message.get("body", b""))
        for chunk in self._chunks.feed(body):
            await self._put(chunk)
        if not more:
            for chunk in self._chunks.flush():
                await self._put(chunk)
            self._ended = True
            self._notify()

    def _refuse(self, message: Message) -> None:
        came = message["type"]
        if self._ended:
            raise RuntimeError(f"The app sent {came!r} after the end of its answer.")
        expected = "http.response.start" if self._head is None else "http.response.body"
        if came != expected and not self._left:
            raise RuntimeError(f"The app had to send {expected!r} next, but sent {came!r}.")

    def _gone(self) -> bool:
        if self._left and self._fate.sever:
            raise OSError("the client is gone")
        return self._left

    async def _put(self, chunk: bytes) -> None:
        await self._until(lambda: self._chunk is None or self._left)
        if not self._gone():
            self._chunk = chunk
            self._notify()

    # The client's side

    async def response(self) -> httpx2.Response:
        """Wait for the response's head. Raises what the app raised, `httpx2.ReadError` after a cut, `ReadTimeout`."""
        try:
            await self._something(lambda: self._head is not None)
        except BaseException:
            self.hang_up()
            raise
        assert self._head is not None
        if self._fate.cut_after == 0:
            self._cut("the link was cut before the first byte of the body")
        return httpx2.Response(
            self._head["status"],
            headers=self._head.get("headers", []),
            stream=_Body(self),
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def take(self) -> bytes:
        """Take the next chunk, later if the reader is slow; b"" at the end of the body."""
        await self._something(lambda: self._chunk is not None or self._ended)
        if self._chunk is not None and self._fate.read_delay:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._fate.read_delay):
                    await self._until(lambda: self._broken is not None)
            self._raise_if_over()
        chunk, self._chunk = self._chunk or b"", None
        self._notify()
        if chunk and self._fate.cut_after is not None:
            chunk = chunk[: self._fate.cut_after - self._taken]
            if self._taken + len(chunk) == self._fate.cut_after:
                self._cut(f"the link was cut after {self._fate.cut_after} bytes")
        self._taken += len(chunk)
        if not chunk:
            self.hang_up()
        return chunk

    def hang_up(self) -> None:
        """Leave: the app hears of it, unless it has ended its answer."""
        self._left = True
        if self._timer:
            self._timer.cancel()
        self._notify()

    async def _something(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`, for as long as httpx2's read timeout allows."""
        limit = self._request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(limit):
                await self._until(lambda: ready() or self._broken is not None or self._left)
        except TimeoutError:
            raise httpx2.ReadTimeout(f"no byte came for {limit:g} s") from None
        self._raise_if_over()

    def _raise_if_over(self) -> None:
        if self._failed:
            raise self._failed
        if self._broken:
            raise httpx2.ReadError(self._broken)
        if self._left:
            raise httpx2.StreamClosed

    # Both

    def _cut(self, why: str) -> None:
        self._break(why)
        self.hang_up()

    def _break(self, why: str) -> None:
        if self._broken is None:
            self._broken = why
        self._notify()

    async def _until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            await self._changed.wait()

    def _notify(self) -> None:
        # Wakes whoever waits now. Every wait re-reads the state, so the event need not stay set.
        self._changed.set()
        self._changed.clear()


class _Body(httpx2.AsyncByteStream):
    """The answer's body as httpx2 reads it.

    An iterator and no generator: so a reader that leaves it half read leaves nothing for the garbage collector.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if chunk := await self._exchange.take():
            return chunk
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._exchange.hang_up()
