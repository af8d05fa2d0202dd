"""One answer on its way out: status line, chunks, and the end that was ordered."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
from agents import Model, ModelSettings, ModelTracing
from agents.items import TResponseStreamEvent
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .asked import Asked
from .dialect import Dialect
from .refused import error_body, refusal
from .trouble import BrokenChunk, Reset, Trouble

__all__ = ["TROUBLE", "Answer"]

TROUBLE = "trouble"  # where the call carries its trouble to the model: in its extra arguments
STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
JSON = {"content-type": "application/json"}


class Answer(Response):
    """Plays one reply of the model to one request; stops the model as soon as the client has left.

    An answer that breaks off simply returns. A server such as uvicorn then closes the socket, and `Link` breaks the
    body: both reach the client as a connection error.
    """

    def __init__(
        self,
        model: Model,
        dialect: Dialect,
        question: tuple[str | None, Any],
        asked: Asked,
        trouble: Trouble,
        on_end: Callable[[Answer], None],
    ) -> None:
        self.asked = asked
        self._model = model
        self._dialect = dialect
        self._question = question
        self._trouble = trouble
        self._on_end = on_end
        self._working: asyncio.Task[None] | None = None
        self._send: Send
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        work = self._working = asyncio.create_task(self._work(), name="upstream answer")
        gone = asyncio.create_task(_until_disconnect(receive), name="upstream listener")
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not work.done():
                self.asked.ended = "left"
            work.cancel()
            gone.cancel()
            await asyncio.wait({work, gone})
            self._on_end(self)
        if not work.cancelled() and (error := work.exception()):
            raise error

    def hang_up(self) -> None:
        """Break off, as a server does that is switched off."""
        if self._working and not self._working.done():
            self.asked.ended = "broken"
            self._working.cancel()

    async def _work(self) -> None:
        try:
            await asyncio.sleep(self._trouble.slow)
            if self._trouble.status is not None:
                refused = refusal(self._trouble.status, retry_after=self._trouble.retry_after)
                await self._refuse(refused)
            elif self.asked.stream:
                await self._stream()
            else:
                await self._whole()
        except OSError:  # the socket is gone, and nobody had told us
            self.asked.ended = "left"

    async def _stream(self) -> None:
        async with contextlib.aclosing(self._events()) as events:
            try:
                async for event in events:
                    await self._begin(STREAM)
                    self.asked.deltas += event.type == "response.output_text.delta"
                    for chunk in self._dialect.chunks(event):
                        await self._put(chunk)
            except Exception as error:
                await self._fail(error)
            else:
                await self._end()

    async def _whole(self) -> None:
        try:
            response = await self._model.get_response(*self._call(), **_NO_STATE)
        except Exception as error:
            await self._fail(error)
            return
        await self._begin(JSON)
        await self._put(json.dumps(self._dialect.whole(response)).encode())
        await self._end()

    def _events(self) -> Any:
        events: AsyncIterator[TResponseStreamEvent] = self._model.stream_response(
            *self._call(), **_NO_STATE
        )
        return events

    def _call(self) -> tuple[Any, ...]:
        settings = ModelSettings(extra_args={TROUBLE: self._trouble})
        return (*self._question, settings, [], None, [], ModelTracing.DISABLED)

    async def _fail(self, error: Exception) -> None:
        """Say a failure as far as HTTP still allows it: after the status line, no status can."""
        begun = self.asked.status is not None
        kind = STREAM if self.asked.stream else JSON
        match error:
            case openai.APITimeoutError():
                await asyncio.Event().wait()  # an upstream that hangs says nothing, for ever
            case Reset() | openai.APIConnectionError():
                await self._begin(kind)
                self.asked.ended = "broken"
            case BrokenChunk():
                await self._begin(kind)
                await self._put(b'data: {"type":"response.output_te\n\n')
                await self._end("broken")
            case openai.APIStatusError() if not begun:
                refused = refusal(error.status_code, error_body(error))
                if (wait := error.response.headers.get("retry-after")) is not None:
                    refused.headers["retry-after"] = wait
                await self._refuse(refused)
            case openai.APIError() if self.asked.stream:
                await self._begin(kind)
                await self._put(self._dialect.error(error_body(error)))
                await self._end("broken")
            case _ if begun:
                self.asked.ended = "broken"
            case _:
                # A mistake in the script, or its end: trying again cannot help.
                message = f"{type(error).__name__}: {error}"
                await self._refuse(refusal(500, message=message, retry=False))

    async def _refuse(self, response: Response) -> None:
        self.asked.status = response.status_code
        await self._tell("start", status=response.status_code, headers=response.raw_headers)
        await self._put(bytes(response.body))
        await self._end("refused")

    async def _begin(self, headers: dict[str, str]) -> None:
        if self.asked.status is not None:
            return
        self.asked.status = 200
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._tell("start", status=200, headers=[*raw, (b"x-request-id", b"req_script")])

    async def _put(self, chunk: bytes) -> None:
        await self._tell("body", body=chunk, more_body=True)

    async def _end(self, how: Any = "whole") -> None:
        self.asked.ended = how
        await self._begin(STREAM)  # a script that ends at once has made no event
        await self._tell("body", body=b"", more_body=False)

    async def _tell(self, kind: str, **fields: Any) -> None:
        message: Message = {"type": f"http.response.{kind}", **fields}
        await self._send(message)


_NO_STATE: dict[str, Any] = {"previous_response_id": None, "conversation_id": None, "prompt": None}


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
