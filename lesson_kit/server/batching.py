"""Adaptive batching: text deltas that wait for the same reader leave as one event.

A reader that keeps up gets every delta by itself, at once. Behind a reader that is slow, deltas wait anyway: joining
those costs no time, and the reader catches up with one event. Behind a loop that is slow, a short pause between two
deltas lets more of them gather, so that each costs less work. The first delta of a text is never held.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, fields
from typing import Any

# (loop time at which it was made, chunk). A chunk is bytes, or whatever ends the stream.
Entry = tuple[float, Any]

_TEXT_DELTA = "assistant_message.content_part.text_delta"
_MARK = f'"{_TEXT_DELTA}"'.encode()  # in a text the quotes would be escaped


@dataclass(frozen=True)
class Batching:
    """When a loop counts as late, and how long deltas then gather; both in seconds.

    `late`: from the moment a delta is there to the moment its waiting reader runs. `pause`: while the loop is late, the
    least time from an event of text to the next event, and so the most that batching itself may add to a delay.
    """

    late: float = 0.005
    pause: float = 0.05

    def __post_init__(self) -> None:
        for field in fields(self):
            seconds = getattr(self, field.name)
            if not 0 < seconds < float("inf"):
                raise ValueError(
                    f"Batching({field.name}=...) expected seconds above 0, but got {seconds!r}. "
                    "To switch batching off, pass batching=None to the server."
                )


class Batches:
    """Takes from a relay's queue as `queue.get` does, and joins the text deltas that wait next to each other.

    Only neighbours of the same item and part are joined. All other events pass as they are, in their order.
    """

    def __init__(self, queue: asyncio.Queue[Entry], batching: Batching) -> None:
        self._queue = queue
        self._batching = batching
        self._now = asyncio.get_running_loop().time
        self._taken: deque[Entry] = deque()
        self._text_left_at: float | None = None  # None: what left last was no text
        self._loop_is_late = False

    async def get(self) -> Entry:
        """Wait for the next event; its time is that of the first delta in it."""
        if self._loop_is_late and self._text_left_at is not None:
            await self._pause(self._text_left_at + self._batching.pause)
        if not self._taken:
            reader_waited = self._queue.empty()
            self._taken.append(await self._queue.get())
            if reader_waited:  # else the delay says nothing of the loop
                self._judge_loop(since=self._taken[0][0])
        while not self._queue.empty():
            self._taken.append(self._queue.get_nowait())
        made_at, chunk = self._taken.popleft()
        is_text = isinstance(chunk, bytes) and _MARK in chunk
        if is_text and self._taken:
            chunk = self._joined(chunk)
        self._text_left_at = self._now() if is_text else None
        return made_at, chunk

    async def _pause(self, until: float) -> None:
        left = until - self._now()
        if left > 0:
            await asyncio.sleep(left)
            self._judge_loop(since=until)

    def _judge_loop(self, since: float) -> None:
        self._loop_is_late = self._now() - since > self._batching.late

    def _joined(self, chunk: bytes) -> bytes:
        """Join the chunk with the deltas of the same part that were taken right after it."""
        first = _read(chunk)
        if first is None:
            return chunk
        event, text = first
        texts = [text]
        while self._taken and (following := _read(self._taken[0][1])):
            if following[0] != event:
                break
            texts.append(following[1])
            self._taken.popleft()
        if len(texts) == 1:
            return chunk
        event["update"]["delta"] = "".join(texts)
        data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return f"data: {data}\n\n".encode()


def _read(chunk: Any) -> tuple[dict[str, Any], str] | None:
    """Split a text delta's chunk into the event without its text, and the text; None for any other chunk."""
    if not isinstance(chunk, bytes) or _MARK not in chunk:
        return None
    event = json.loads(chunk.removeprefix(b"data: "))
    update = event.get("update", {})
    if update.get("type") != _TEXT_DELTA:
        return None
    return event, update.pop("delta")
