"""A ChatKit server with at most one turn per thread: a second message stops the first answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, ClassVar

from agents import Agent, Model, Tool, TResponseInputItem
from chatkit.agents import simple_to_agent_input
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.store import Store
from chatkit.types import ChatKitReq, ThreadMetadata, is_streaming_req
from pydantic import TypeAdapter

from ..store import MemoryStore
from ..unwind import unwind

__all__ = ["OneTurnServer"]

# Seconds. A reader who takes nothing holds its turn open; the next message must not wait for ever.
PATIENCE = 5.0

_request = TypeAdapter[ChatKitReq](ChatKitReq)


class OneTurnServer(ChatKitServer[Any]):
    """Subclasses write `respond`.

    A turn runs in the task of its response, as ChatKit's turns do, so a disconnect strikes it as it would in a server
    of yours. A second message cancels the first turn once, where it waits: `respond` stops its model in its
    `finally`, ChatKit saves the partial answer, and the first stream ends without an error.
    """

    tools: ClassVar[tuple[Tool, ...]] = ()

    def __init__(self, model: Model, store: Store[Any] | None = None) -> None:
        super().__init__(store or MemoryStore())
        self.agent = Agent[Any](name="Tutor", model=model, tools=list(self.tools))
        self._turns: dict[str, _Turn] = {}

    async def history(self, thread: ThreadMetadata, context: Any) -> list[TResponseInputItem]:
        """Load the thread's newest 50 items as the model's input, oldest first."""
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        items: list[TResponseInputItem] = await simple_to_agent_input(page.data[::-1])
        return items

    async def process(
        self, request: str | bytes | bytearray, context: Any
    ) -> StreamingResult | NonStreamingResult:
        parsed = _request.validate_json(request)
        thread_id = getattr(parsed.params, "thread_id", None)
        if is_streaming_req(parsed) and thread_id in self._turns:
            await self._turns[thread_id].stop()  # its partial is then in the new turn's history
        result = await super().process(request, context)
        if isinstance(result, StreamingResult):
            return StreamingResult(self._stoppable(result.json_events, thread_id))
        return result

    async def _stoppable(
        self, events: AsyncIterator[bytes], thread_id: str | None
    ) -> AsyncGenerator[bytes, None]:
        turn = _Turn()
        try:
            while (chunk := await turn.following(events)) is not None:
                # A new thread's first event is thread.created.
                thread_id = thread_id or json.loads(chunk.removeprefix(b"data: "))["thread"]["id"]
                self._turns[thread_id] = turn
                yield chunk
        finally:
            turn.ended.set()
            if thread_id and self._turns.get(thread_id) is turn:
                del self._turns[thread_id]


class _Turn:
    """One stream, which `stop` ends from another task."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._stopped = False
        self._waiting: asyncio.Task[Any] | None = None

    async def following(self, events: AsyncIterator[bytes]) -> bytes | None:
        """Wait for the next chunk; None when there is none, or when the turn is stopped."""
        task = asyncio.current_task()
        assert task is not None
        if self._stopped:  # while the reader held us up
            await unwind(events)
            return None
        cancels = task.cancelling()
        self._waiting = task
        try:
            return await anext(events, None)
        except asyncio.CancelledError:
            if not self._stopped or task.uncancel() > cancels:
                raise  # somebody else's cancel: the reader has left
            return None
        finally:
            self._waiting = None

    async def stop(self) -> None:
        if self._waiting and not self._stopped:
            self._waiting.cancel()
        self._stopped = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), PATIENCE)
