"""A request to an ASGI app in this process, and its answer as it comes: the client of a scene in virtual time.

It is to the app what `lesson_kit.link` is behind `lesson_kit.client`: a task of its own for the app, room for one chunk,
`http.disconnect` when the reader leaves. It leaves out HTTP, which a scene with `http=True` has for real, and with that a
quarter of the computing of a conversation.
"""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from typing import Any, Self

import httpx2
from starlette.types import ASGIApp, Message

from ..client import ChatError
from ..client.chat_error import of_response
from ..recording.moment import parse
from ..recording.outcome import Outcome
from .tape import Tape

__all__ = ["Direct", "Reading"]

logger = logging.getLogger(__name__)

GRACE = 60.0
"""Seconds that the app may go on when its clients have gone."""
_URL = "http://localhost/chatkit"


class Direct:
    """A client of an ASGI app. `read_delay`: so many seconds pass before it takes a chunk."""

    def __init__(self, app: ASGIApp, read_delay: float = 0.0) -> None:
        self._app, self._read_delay = app, read_delay
        self._running: set[asyncio.Task[None]] = set()
        self._readings: list[Reading] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Disconnect all requests, and wait for the app; what takes too long is cancelled, and a warning says so."""
        for reading in self._readings:
            reading.hang_up()
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE)
        if late := set(self._running):
            for task in late:
                task.cancel()
            await asyncio.wait(late)
            warnings.warn(
                f"The client left, but after {GRACE:g} s the app was still running. It was cancelled. "
                "An app should end when receive() gives http.disconnect.",
                RuntimeWarning,
                stacklevel=2,
            )

    def stream(self, body: dict[str, Any], thread_id: str | None) -> Reading:
        """Make a request of the protocol; it is sent when it is entered."""
        reading = Reading(self._app, body, thread_id, self._read_delay, self._running)
        self._readings.append(reading)
        return reading


class Reading:
    """`async with reading: async for event in reading`: the events as dicts, as they come. `tape` keeps them.

    Raises `ChatError` where the app refuses or answers what is no event, and on entering whatever the app raises before
    it answers. An app that breaks off ends the iteration; the tape then says "cut".
    """

    def __init__(
        self,
        app: ASGIApp,
        body: dict[str, Any],
        thread_id: str | None,
        read_delay: float,
        running: set[asyncio.Task[None]],
    ) -> None:
        self.thread_id = thread_id
        self.tape = Tape()
        self._app, self._read_delay, self._running = app, read_delay, running
        self._body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self._began: float | None = None
        self._events: list[str] = []  # of the chunk that was taken, not yet given out
        self._rest = b""
        # What passes between the two tasks.
        self._sent = False  # the request, to the app
        self._head: Message | None = None
        self._chunk: bytes | None = None
        self._over = False  # the app has sent all of its answer
        self._left = False  # the reader has gone
        self._stopped = False  # by `stop`
        self._broken = False
        self._failed: Exception | None = None  # raised to the reader instead of an answer
        self._changed = asyncio.Event()

    # --- the reader's side ---

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        if self._stopped:
            self._end("stopped")
            return self
        task = loop.create_task(self._run(), name="app /chatkit")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            await self._open()
        except BaseException:
            self._end("error")
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        self.tape.left(self._elapsed())
        self.hang_up()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while not self._events:
            chunk = await self._take()
            if chunk is None:
                raise StopAsyncIteration
            *whole, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
            self._events = [data for event in whole if (data := _data(event))]
        try:
            return self._read(self._events.pop(0))
        except ChatError:
            self._end("error")
            raise

    async def stop(self) -> None:
        """Close the connection, from any task. The tape then says "stopped"."""
        self._stopped = True
        if self._began is not None:
            self._end("stopped")

    def hang_up(self) -> None:
        """Leave: the app hears of it, unless it has ended its answer."""
        self._left = True
        self._notify()

    async def _open(self) -> None:
        while self._head is None and not (self._failed or self._broken or self._stopped):
            await self._changed.wait()
        if self._failed:
            raise self._failed
        if self._stopped or self._head is None:
            self._end("stopped" if self._stopped else "cut")
            return
        headers = httpx2.Headers(self._head.get("headers", []))
        if self._head["status"] != 200:
            body = b""
            while (chunk := await self._take()) is not None:
                body += chunk
            asked = httpx2.Request("POST", _URL)
            raise of_response(httpx2.Response(self._head["status"], request=asked), body)
        came = headers.get("content-type", "no content type")
        if not came.startswith("text/event-stream"):
            said = f"Expected text/event-stream from http://localhost, but got {came}. Is it a ChatKit server? Check the address."
            raise ChatError(200, said)

    async def _take(self) -> bytes | None:
        """Take the next chunk, later if the reader is slow; None at the end of the answer, however it ended."""
        while self._chunk is None and not (self._over or self._broken or self._left):
            await self._changed.wait()
        if self._chunk is not None and self._read_delay:
            await self._dawdle()
        if self._broken or self._left or self._chunk is None:
            self._end("stopped" if self._stopped else "cut" if self._broken else None)
            return None
        chunk, self._chunk = self._chunk, None
        self._notify()
        return chunk

    async def _dawdle(self) -> None:
        try:
            async with asyncio.timeout(self._read_delay):
                while not (self._broken or self._left):
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _read(self, data: str) -> dict[str, Any]:
        try:
            event = parse(data)
            if not isinstance(event, dict):
                raise TypeError(f"a {type(event).__name__}")
        except (ValueError, TypeError) as error:
            said = f"Expected a JSON object in each event, but got {data[:80]!r}: {error}."
            raise ChatError(200, said) from None
        self.tape.add(self._elapsed(), event)
        thread = event.get("thread")
        if event.get("type") == "thread.created" and isinstance(thread, dict):
            self.thread_id = str(thread.get("id"))
        return event

    def _end(self, said: Outcome | None) -> None:
        self.tape.end(self._elapsed(), said)
        self.hang_up()

    def _elapsed(self) -> float:
        assert self._began is not None
        return asyncio.get_running_loop().time() - self._began

    # --- the app's side ---

    async def _run(self) -> None:
        try:
            await self._app(_scope(self._body), self._receive, self._send)
        except Exception as error:
            if self._head is None and not self._left:
                self._failed = error
            else:
                # The client has its status line already or is gone: a real server can only log, too.
                logger.error("the app failed after its response had started", exc_info=error)
        finally:
            while self._chunk is not None and not self._left:  # as a closing socket does
                await self._changed.wait()
            self._broken = not self._over
            self._notify()

    async def _receive(self) -> Message:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        while not (self._over or self._left):
            await self._changed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._left:
            return
        if message["type"] == "http.response.start":
            self._head = message
            self._notify()
            return
        while self._chunk is not None and not self._left:
            await self._changed.wait()
        self._chunk = bytes(message.get("body", b"")) or None
        self._over = not message.get("more_body", False)
        self._notify()

    def _notify(self) -> None:
        # Wakes whoever waits now. Every wait reads the state again, so the event need not stay set.
        self._changed.set()
        self._changed.clear()


def _data(event: bytes) -> str:
    lines = event.decode("utf-8", "replace").split("\n")
    fields = [line[5:].removeprefix(" ") for line in lines if line.startswith("data:")]
    return "\n".join(fields)


def _scope(body: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "headers": [
            (b"host", b"localhost"),
            (b"accept", b"text/event-stream"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "scheme": "http",
        "path": "/chatkit",
        "raw_path": b"/chatkit",
        "query_string": b"",
        "server": ("localhost", None),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
    }
