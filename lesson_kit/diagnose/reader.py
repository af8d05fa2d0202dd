"""A client that reads a server's events, or leaves in the middle as Starlette makes it leave."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio
from chatkit.server import ChatKitServer, StreamingResult

__all__ = ["Reading", "read"]

Event = dict[str, Any]
# Seconds of virtual time; no probe needs more. A server that waits for ever is cut off there.
PATIENCE = 5000.0


@dataclass
class Reading:
    """What one client saw: (seconds since its request, event), and how it ended.

    `ended` is "end" (the server ended the stream), "left" (we did), "error" (it raised), "cancelled" (the server
    cancelled its reader) or "waits" (no end in sight).
    """

    events: list[tuple[float, Event]] = field(default_factory=list)
    ended: str = "waits"
    error: str = ""
    seconds: float = 0.0
    thread_id: str | None = None

    @property
    def deltas(self) -> list[tuple[float, str]]:
        """Each piece of text that came before the message was done."""
        updates = [
            (t, event["update"])
            for t, event in self.events
            if event["type"] == "thread.item.updated"
        ]
        return [(t, update["delta"]) for t, update in updates if update.get("delta")]

    @property
    def text(self) -> str:
        return "".join(delta for _, delta in self.deltas)

    def kinds(self, kind: str) -> list[tuple[float, Event]]:
        return [(t, event) for t, event in self.events if event["type"] == kind]

    def messages(self, kind: str = "thread.item.done") -> list[tuple[float, str]]:
        """The assistant's messages among the items that were added (or done): (seconds, text)."""
        found = [(t, event["item"]) for t, event in self.kinds(kind)]
        return [
            (t, "".join(part.get("text", "") for part in item.get("content", [])))
            for t, item in found
            if item["type"] == "assistant_message"
        ]


def request(text: str, thread_id: str | None) -> str:
    message = {"content": [{"type": "input_text", "text": text}], "attachments": []}
    params: Event = {"input": {**message, "inference_options": {}}}
    if thread_id is None:
        return json.dumps({"type": "threads.create", "params": params})
    params["thread_id"] = thread_id
    return json.dumps({"type": "threads.add_user_message", "params": params})


async def read(
    server: ChatKitServer[Any],
    text: str,
    context: Any,
    thread_id: str | None = None,
    *,
    into: Reading | None = None,
    **how: Any,
) -> Reading:
    """Ask one question and read the answer; `how` are the ways of reading that `_consume` knows."""
    reading = Reading() if into is None else into
    reading.thread_id = thread_id
    began = asyncio.get_running_loop().time()
    task = asyncio.current_task()
    assert task
    try:
        result = await server.process(request(text, thread_id), context)
        assert isinstance(result, StreamingResult)
        await _consume(result, reading, began, **how)
    except asyncio.CancelledError:
        # Nobody here cancelled: code of the server's own did, such as a timeout round its yield.
        reading.ended = "cancelled"
        task.uncancel()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        reading.ended, reading.error = "error", f"{type(error).__name__}: {error}"
    reading.seconds = round(asyncio.get_running_loop().time() - began, 6)
    return reading


async def _consume(
    result: StreamingResult,
    reading: Reading,
    began: float,
    *,
    leave_after: int | None = None,
    close_after: int | None = None,
    pause: float = 0.0,
) -> None:
    """Read to the end, `pause` seconds after each event.

    `leave_after` deltas the connection breaks: as in Starlette, a cancel scope that cancels *every* later wait of the
    task. `close_after` deltas the reader breaks and closes the stream with aclose() instead.
    """
    loop = asyncio.get_running_loop()
    with anyio.move_on_after(PATIENCE) as scope:
        reading.ended = "left"
        async with aclosing(result.json_events) as chunks:
            async for chunk in chunks:
                event = json.loads(chunk.removeprefix(b"data: "))
                reading.events.append((round(loop.time() - began, 6), event))
                if event["type"] == "thread.created":
                    reading.thread_id = event["thread"]["id"]
                if leave_after is not None and len(reading.deltas) == leave_after:
                    loop.call_later(0.01, scope.cancel)
                if close_after is not None and len(reading.deltas) == close_after:
                    break
                await asyncio.sleep(pause)
            else:
                reading.ended = "end"
    if scope.cancelled_caught and leave_after is None:
        reading.ended = "waits"
