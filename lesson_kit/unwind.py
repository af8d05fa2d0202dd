"""End an async generator where it waits, not where it yields."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

__all__ = ["unwind"]

# An iterator that never waits cannot be cancelled. After this many items it is closed instead.
PATIENCE = 1000


async def unwind(source: AsyncIterator[Any]) -> None:
    """Cancel `source`, which rests at a `yield`, at its next real wait; throw away what it still yields.

    `aclose()` does less than it seems to. It raises GeneratorExit in the outermost generator only, at its `yield`.
    The generators that this one reads with `async for` are dropped, and Python closes them later, each in a task of
    its own. ChatKit's stream is five such layers deep, and GeneratorExit does not reach its handler for a
    reader who left (ledger, finding 5): the partial answer is lost. A cancel while the chain *waits* starts in the
    innermost layer and passes through all of them, in this task, before this function returns.

    Raises what `source` raises on its way out, and `CancelledError` if this task is cancelled from outside meanwhile.
    """
    task = asyncio.current_task()
    assert task is not None, "unwind() runs in a task, as every coroutine does under asyncio.run()"
    cancels = task.cancelling()
    for _ in range(PATIENCE):
        task.cancel()  # takes effect at the next wait, which is inside `source`
        try:
            await anext(source)
        except (StopAsyncIteration, asyncio.CancelledError):
            break
        finally:
            task.uncancel()
            await _absorb()
    if (
        task.cancelling() > cancels
    ):  # somebody else's cancel came in between: it is not ours to swallow
        raise asyncio.CancelledError
    if hasattr(source, "aclose"):
        await source.aclose()


async def _absorb() -> None:
    """Take up a cancel that found nothing to cancel, or it would hit the caller's next wait."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
