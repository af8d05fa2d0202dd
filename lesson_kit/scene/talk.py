"""A conversation with the answer's server: the client's side, over ChatKit's documented endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, TypeAlias

from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import ClientToolCallItem
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ..client import ChatError
from ..store import MemoryStore
from .direct import Direct, Reading
from .held import hold
from .live import Served, Wired
from .plain import safe
from .scene import Ask, Scene
from .senses import Senses

__all__ = ["Connect", "Talk", "documented_app"]

Connect: TypeAlias = Callable[[float], Direct | Wired]
Stream: TypeAlias = Reading | Served


def documented_app(server: ChatKitServer[Any]) -> Starlette:
    """Make ChatKit's documented endpoint, as most servers have it.

    Not `create_app`: its response ends the body so carefully that plain ChatKit saves a partial there too.
    """

    async def chatkit(request: Request) -> Response:
        result: Any = await server.process(await request.body(), {})
        if isinstance(result, StreamingResult):
            return StreamingResponse(result, media_type="text/event-stream")
        return Response(result.json, media_type="application/json")

    return Starlette(routes=[Route("/chatkit", chatkit, methods=["POST"])])


class Talk:
    """The clients of one scene, and the plain facts of them.

    `connect` makes a client that reads with the given delay. The facts can be taken at any time, also after a break.
    """

    def __init__(self, scene: Scene, store: MemoryStore, connect: Connect, senses: Senses) -> None:
        self._scene, self._store, self._connect, self._senses = scene, store, connect, senses
        self._streams: list[tuple[Ask, Stream, dict[str, Any]]] = []
        self._held: str | None = None  # the id of the thread that was there before

    async def run(self) -> None:
        """Ask all that the scene asks, each at its time, and read the answers to their ends."""
        if self._scene.held:
            self._held = await hold(self._store, self._scene.held)
        async with AsyncExitStack() as clients, asyncio.TaskGroup() as readers:
            reader: asyncio.Task[None] | None = None
            for ask in self._scene.asks:
                if reader is not None:
                    await self._turn_comes(ask, reader)
                client = self._connect(ask.read_delay)
                await clients.enter_async_context(client)
                stream = await self._send(client, ask)
                fact = {"sent": self._senses.now(), "thread": ask.thread}
                self._streams.append((ask, stream, fact))
                reader = readers.create_task(self._read(ask, stream, fact))

    async def _turn_comes(self, ask: Ask, reader: asyncio.Task[None]) -> None:
        if ask.after is not None:
            await asyncio.sleep(ask.after)
        else:
            await reader
            await asyncio.sleep(ask.pause)

    def thread_id(self, thread: int) -> str | None:
        """Give the id of the conversation's thread, once the server has made it."""
        if thread == 0 and self._held:
            return self._held
        ids = [stream.thread_id for ask, stream, _ in self._streams if ask.thread == thread]
        return next((known for known in ids if known), None)

    async def _send(self, client: Direct | Wired, ask: Ask) -> Stream:
        thread_id = self.thread_id(ask.thread)
        if ask.text is None and thread_id:
            await self._store.add_thread_item(thread_id, _tool_call(thread_id), {})
        return client.stream(_request(ask.text, thread_id), thread_id)

    async def _read(self, ask: Ask, stream: Stream, fact: dict[str, Any]) -> None:
        timer = (
            None
            if ask.leave_at is None
            else asyncio.create_task(self._leave_later(ask.leave_at, stream, fact))
        )
        try:
            async with stream:
                async for _ in stream:
                    if stream.tape.deltas == ask.leave_after:
                        fact["left"] = self._senses.now()
                        break
        except ChatError as error:
            fact["refused"] = safe(str(error), 500)
        except Exception as error:  # the app's own, raised through the link before any answer
            self._senses.note(error, "raised")
            fact["refused"] = safe(f"{type(error).__name__}: {error}", 500)
        finally:
            fact["ended"] = self._senses.now()
            if timer:
                timer.cancel()

    async def _leave_later(self, seconds: float, stream: Stream, fact: dict[str, Any]) -> None:
        await asyncio.sleep(seconds)
        fact["left"] = self._senses.now()
        await stream.stop()

    def facts(self) -> list[dict[str, Any]]:
        """Describe the requests so far, with their recordings."""
        return [{**fact, "tape": stream.tape.text()} for _, stream, fact in self._streams]

    async def saved(self) -> list[dict[str, Any]]:
        """Describe what the store holds of each thread, oldest first."""
        found = []
        for number in sorted({ask.thread for ask, *_ in self._streams}):
            thread_id = self.thread_id(number)
            if thread_id is None:
                continue
            page = await self._store.load_thread_items(thread_id, None, 1000, "asc", {})
            found += [
                {
                    "thread": number,
                    "kind": item.type,
                    "id": safe(item.id, 200),
                    "text": safe(_text(item)),
                }
                for item in page.data
            ]
        return found


def _request(text: str | None, thread_id: str | None) -> dict[str, Any]:
    """Write a request as ChatKit's own client does: a question, or the output of a client tool."""
    if text is None:
        params: dict[str, Any] = {"thread_id": thread_id or "none", "result": "done"}
        return {"type": "threads.add_client_tool_output", "params": params}
    content = [{"type": "input_text", "text": text}]
    params = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    if thread_id is None:
        return {"type": "threads.create", "params": params}
    return {"type": "threads.add_user_message", "params": params | {"thread_id": thread_id}}


def _tool_call(thread_id: str) -> ClientToolCallItem:
    return ClientToolCallItem(
        id="ctc_1",
        thread_id=thread_id,
        created_at=datetime.now(),
        status="pending",
        call_id="call_1",
        name="look_at_the_page",
        arguments={},
    )


def _text(item: Any) -> str:
    content = getattr(item, "content", "")
    if isinstance(content, str):
        return content
    return "".join(getattr(part, "text", "") for part in content or [])
