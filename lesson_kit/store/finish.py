"""Work that ends once it has begun, whatever happens to the task that asked for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio
from chatkit.store import NotFoundError

__all__ = ["finish"]

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Unstoppable(asyncio.Task[T]):
    """A task that a loop waits for at its end: `asyncio.run` cancels all others."""

    def cancel(self, msg: Any | None = None) -> bool:
        return False


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end in a task of its own, and only then obey a cancellation.

    A database driver that is cancelled between two answers leaves a connection in an unknown
    state, and perhaps the file locked. Here the transaction ends first, committed or rolled back,
    and the connection goes back to its pool. So the work must be short: its caller cannot be
    stopped meanwhile.
    """
    task = _Unstoppable(work, loop=asyncio.get_running_loop())
    stop: asyncio.CancelledError | None = None
    # The shield stops anyio, which repeats its cancel on every pass of the loop, from keeping the
    # loop busy meanwhile; `task.cancel()`, which it does not stop, is remembered.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError as cancelled:
                stop = stop or cancelled
    if stop is None:
        return task.result()
    error = task.exception()
    if error and not isinstance(error, NotFoundError):  # whoever asked for an unknown id is gone
        log.error("a cancelled request could not finish its work on the database: %s", error)
    raise stop
