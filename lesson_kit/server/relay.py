"""A stream that outlives its reader: produced in a task of its own, read through a queue.

When a client disconnects, Starlette cancels the response, and with it *every* later await in that task, the
store's included: so ChatKit's own cancel handler loses the partial answer with any store that awaits (ledger,
finding 4). Here a reader that leaves cancels nothing. It only tells the turn to stop; the turn then ends like any
other, and saves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from .batching import Batches, Batching


@dataclass(frozen=True)
class _End:
    error: Exception | None = None


class Relay:
    """Passes `source` on, chunk by chunk.

    `start` runs the producing coroutine as a task and keeps it alive. `reader_left` is called when the reader goes
    before the end. A reader that is still behind `total` seconds after the start gets `too_late` and the end: what
    it missed is in the store. With `batching`, text deltas that wait are joined (see `batching.py`).
    """

    def __init__(
        self,
        source: AsyncIterator[bytes],
        *,
        start: Callable[[Coroutine[Any, Any, None]], object],
        reader_left: Callable[[], None],
        total: float | None = None,
        too_late: bytes = b"",
        batching: Batching | None = None,
    ) -> None:
        self._source = source
        self._start = start
        self._reader_left = reader_left
        self._total = float("inf") if total is None else total
        self._too_late = too_late
        self._batching = batching
        self._queue: asyncio.Queue[tuple[float, bytes | _End]] = asyncio.Queue()
        self._produced_all = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Start the source and yield what it yields; raise what it raises, after all that came before."""
        now = asyncio.get_running_loop().time
        deadline = now() + self._total
        take = Batches(self._queue, self._batching).get if self._batching else self._queue.get
        self._start(self._produce())
        try:
            while True:
                made_at, chunk = await take()
                if isinstance(chunk, _End):
                    if chunk.error:
                        raise chunk.error
                    return
                if made_at < deadline < now():
                    yield self._too_late
                    return
                yield chunk
        finally:
            # Also on CancelledError and GeneratorExit, so nothing here may await.
            if not self._produced_all:
                self._reader_left()

    async def _produce(self) -> None:
        now = asyncio.get_running_loop().time
        end = _End()
        try:
            async for chunk in self._source:
                self._queue.put_nowait((now(), chunk))
        except Exception as error:
            end = _End(error)
        finally:  # also when this task is cancelled: the reader must not wait for ever
            self._produced_all = True
            self._queue.put_nowait((now(), end))
