"""A streaming HTTP response that always notices when its reader leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import anyio
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ..unwind import unwind

__all__ = ["EventStream"]

HEADERS = {
    # Without the first, a cache may keep the answer. Without the second, nginx collects the answer and hands it
    # over in one piece (ledger A42, A52).
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


class EventStream(Response):
    """Sends `body`, chunks of server-sent events, as they come; ends it as soon as the reader has left.

    Starlette's StreamingResponse listens for the disconnect only when the server's ASGI spec_version is below 2.4
    (starlette/responses.py), and never closes its body. This one always listens, takes an OSError from `send` as a
    disconnect too, and returns only when the body has ended: cancelled where it waits (see `unwind.py`), its cleanup
    awaited. The body runs in one task from first to last, as context variables need (ledger, recipe vii).

    A cancel from outside, such as a server's shutdown, ends the body in the same way; a second one breaks off its
    cleanup.

    `last_words(error)` makes the last chunk when the body fails; whoever passes it sees to the logging. Without it
    the error is raised, and the response is cut.

    `unread_seconds`: a reader who takes nothing for so long (and up to a quarter more) counts as one who left. Without
    it, whoever keeps a connection open and reads nothing holds the stream for ever.
    """

    def __init__(
        self,
        body: AsyncIterator[bytes],
        *,
        last_words: Callable[[Exception], bytes] | None = None,
        unread_seconds: float | None = None,
    ) -> None:
        self._body = body
        self._last_words = last_words
        self._unread_seconds = unread_seconds
        self._sending_since: float | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._started = False
        self._leaving = False
        self.status_code = 200
        self.media_type = "text/event-stream"
        self.background = None
        self.init_headers(HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        feeder = asyncio.create_task(self._feed(send), name="event stream")
        listener = asyncio.create_task(_until_disconnect(receive), name="disconnect listener")
        cancel: asyncio.CancelledError | None = None
        self._look_after(feeder)
        try:
            await asyncio.wait({feeder, listener}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError as error:
            cancel = error
        listener.cancel()
        if self._next_look:
            self._next_look.cancel()
        if not self._leaving:
            feeder.cancel()
        # An anyio scope around us cancels *every* later await (ledger, "why the default loses it"); the shield
        # keeps that away from the wait for the cleanup.
        with anyio.CancelScope(shield=True):
            while not (feeder.done() and listener.done()):
                try:
                    await asyncio.wait({feeder, listener})
                except asyncio.CancelledError as error:
                    if cancel:
                        feeder.cancel()
                    cancel = error
        failures = [task.exception() for task in (feeder, listener) if not task.cancelled()]
        for failure in [cancel, *failures]:
            if failure:
                raise failure

    def _look_after(self, feeder: asyncio.Task[None]) -> None:
        """Look from time to time whether the reader still reads. A timer for each chunk would cost more than to send it."""
        if self._unread_seconds is None or feeder.done():
            return
        loop, since = asyncio.get_running_loop(), self._sending_since
        if since is not None and loop.time() - since >= self._unread_seconds:
            feeder.cancel()  # it waits in `send`: that is where a reader who leaves is met, too
        else:
            self._next_look = loop.call_later(self._unread_seconds / 4, self._look_after, feeder)

    async def _feed(self, send: Send) -> None:
        try:
            await self._deliver(send)
        except (asyncio.CancelledError, _ReaderGone):
            pass
        finally:
            # From here on, a disconnect is no news, and must not cancel the cleanup.
            self._leaving = True
            if self._started:
                await unwind(self._body)
            elif hasattr(self._body, "aclose"):
                await self._body.aclose()

    async def _deliver(self, send: Send) -> None:
        await self._tell(
            send,
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            },
        )
        more = True
        while more:
            chunk, more = await self._next()
            await self._tell(send, {"type": "http.response.body", "body": chunk, "more_body": more})

    async def _tell(self, send: Send, message: Message) -> None:
        self._sending_since = asyncio.get_running_loop().time()
        try:
            await send(message)
        except OSError as error:
            raise _ReaderGone from error
        finally:
            self._sending_since = None

    async def _next(self) -> tuple[bytes, bool]:
        self._started = True
        try:
            return await anext(self._body), True
        except StopAsyncIteration:
            return b"", False
        except Exception as error:
            if self._last_words is None:
                raise
            return self._last_words(error), False


class _ReaderGone(Exception):
    """`send` failed. An OSError of the body's own, a database's for example, means something else."""


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
