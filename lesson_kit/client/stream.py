"""One streamed answer as a client reads it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
from chatkit.types import ThreadCreatedEvent, ThreadStreamEvent
from pydantic import TypeAdapter, ValidationError

from ..recording.outcome import End, Outcome, judge
from ..recording.recording import Recording
from ..unwind import unwind
from .chat_error import ChatError, address, of_response, of_transport

__all__ = ["Event", "Stream"]

# A chatkit event model; a dict for an event that this SDK does not know.
Event = Any
T = TypeVar("T")

# httpx2 gives up on an event of more than 1 MiB. One event may carry a whole item (a long answer, a large widget).
LARGEST_EVENT = 64 * 2**20
# The far side broke off, as against: nobody was there, or the answer made no sense.
CUT = (httpx2.ReadError, httpx2.WriteError, httpx2.CloseError, httpx2.RemoteProtocolError)

_events = TypeAdapter[Any](ThreadStreamEvent)


class Stream:
    """An answer, event by event: `async with client.send("Hi") as stream: async for event in stream: ...`

    `thread_id` is known from the start, or from the first event if the server makes the thread. `recording` fills as
    events arrive, in loop time since the request was sent. An event type that this SDK does not know comes as a dict.

    Opening it raises `ChatError` when the server refuses or is not there; iterating does so for what is no event. A
    connection that the far side breaks ends the iteration; the recording's outcome is then "cut".
    """

    def __init__(
        self, http: httpx2.AsyncClient, request: httpx2.Request, thread_id: str | None = None
    ) -> None:
        self.thread_id = thread_id
        self.recording = Recording()
        self._http = http
        self._request = request
        self._began: float | None = None
        self._response: httpx2.Response | None = None
        self._source: AsyncIterator[httpx2.ServerSentEvent] | None = None
        self._stopping = False
        self._ended = False
        self._closed = asyncio.Event()
        self._reader: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        if self._began is not None:
            raise RuntimeError("A Stream is read once. Send again for another: client.send(...).")
        self._began = asyncio.get_running_loop().time()
        try:
            await self._open()
        except BaseException:
            await self._finish("error")
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._finish(self._outcome_of_leaving())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._began is None:
            raise RuntimeError(
                "This stream is not open. Open it first: `async with client.send(...) as stream:`."
            )
        while not self._ended:
            event = await self._next()
            if event is not None:
                return event
        raise StopAsyncIteration

    async def stop(self) -> None:
        """Close the connection, from any task: the protocol has no request for it. Later calls do nothing.

        The recording's outcome is then "stopped". Returns when the connection is closed; the server ends the turn
        in its own time.
        """
        self._stopping = True
        if self._reader:
            self._reader.cancel()
            await self._closed.wait()
        elif self._began is not None:
            await self._finish("stopped")
            await self._closed.wait()

    async def _open(self) -> None:
        if self._stopping:  # before it began: nothing is sent
            return await self._finish("stopped")
        try:
            self._response = await self._unless_stopped(self._http.send(self._request, stream=True))
        except CUT:
            return await self._finish("cut")
        except httpx2.RequestError as error:
            raise of_transport(error) from None
        if self._response is None:
            return await self._finish("stopped")
        if self._response.status_code != 200:
            raise await self._refusal(self._response)
        came = self._response.headers.get("content-type", "no content type")
        if not came.startswith("text/event-stream"):
            raise ChatError(
                200,
                f"Expected text/event-stream from {address(self._request.url)}, but got {came}. "
                "Is it a ChatKit server? Check the address.",
            )
        self._source = aiter(httpx2.EventSource(self._response, LARGEST_EVENT))
        return None

    async def _refusal(self, response: httpx2.Response) -> ChatError:
        body = b""
        with contextlib.suppress(httpx2.RequestError):  # cut: then the status has to say it all
            body = await self._unless_stopped(response.aread()) or body
        return of_response(response, body)

    async def _next(self) -> Event | None:
        """Read one event. None if there is none: the stream has ended, or is stopped."""
        assert self._source is not None
        try:
            sse = await self._unless_stopped(anext(self._source, None))
            if sse is not None:
                return self._take(sse.data)
        except CUT:
            await self._finish("cut")
        except httpx2.RequestError as error:  # an event too large, a broken compression
            await self._finish("error")
            raise ChatError(200, f"The server's stream cannot be read: {error}") from None
        except ChatError:
            await self._finish("error")
            raise
        else:
            await self._finish("stopped" if self._stopping else None)
        return None

    def _take(self, data: str) -> Event:
        try:
            raw = json.loads(data)
            if not isinstance(raw, dict):
                raise TypeError(f"a {type(raw).__name__}")
            self.recording.add(self._elapsed(), raw)
        except (ValueError, TypeError, RecursionError) as error:
            raise ChatError(
                200,
                f"Expected a JSON object in each event, but got {data[:80]!r}: {error}. "
                "The server, or a proxy on the way, does not speak the ChatKit protocol.",
            ) from None
        try:
            event = _events.validate_python(raw)
        except ValidationError:
            return raw
        if isinstance(event, ThreadCreatedEvent):
            self.thread_id = event.thread.id
        return event

    async def _unless_stopped(self, waiting: Awaitable[T]) -> T | None:
        """Wait in this task; None if `stop` was called meanwhile.

        `stop` cancels this task, and the cancel ends here: the pattern of `asyncio.timeout`. So a read that waits is
        broken off without a task of its own, and without closing a connection under its reader.
        """
        task = asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        self._reader = task
        try:
            return await waiting
        except asyncio.CancelledError:
            if not self._stopping or task.uncancel() > cancels:
                raise  # cancelled by somebody else
            return None
        finally:
            self._reader = None

    async def _finish(self, outcome: Outcome | None) -> None:
        if self._ended:
            return
        self._ended = True
        self.recording.end(self._elapsed(), outcome)
        try:
            if self._response is not None:
                await self._response.aclose()
            if self._source is not None:
                # What the source says about a response that is closed under it is no news.
                with contextlib.suppress(httpx2.HTTPError, httpx2.StreamError):
                    await unwind(self._source)
        finally:
            self._closed.set()

    def _outcome_of_leaving(self) -> Outcome | None:
        """A reader who leaves in mid-answer stopped it; one who leaves after its end, or an error, did not."""
        seen = judge(self.recording.figures, End(self._elapsed(), None))
        return None if seen in ("done", "error") else "stopped"

    def _elapsed(self) -> float:
        assert self._began is not None
        return asyncio.get_running_loop().time() - self._began
