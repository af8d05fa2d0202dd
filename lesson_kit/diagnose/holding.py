"""How long single callbacks hold the event loop, in the process's own time.

`lesson_kit.watch` knows the line, but counts real seconds: on a busy machine a thread that waits for a core looks to it
like one that holds the loop.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .stopwatch import Stopwatch

__all__ = ["watch_callbacks"]

# Own seconds between two looks at the queue, which cost more than most callbacks.
_FRESH = 0.005


def watch_callbacks(limit: float, held: list[float]) -> None:
    """Note in `held` the own seconds of each callback of at least `limit`. Patches asyncio for good."""
    real, own, monotonic = asyncio.Handle._run, Stopwatch(), time.monotonic
    looked, seconds = monotonic(), own.seconds()

    def run(handle: Any) -> None:
        nonlocal looked, seconds
        began = monotonic()
        if began - looked > _FRESH:
            looked, seconds = began, own.seconds()
        at = seconds + began - looked
        real(handle)
        if monotonic() - began >= limit:
            looked, seconds = monotonic(), own.seconds()
            if seconds - at >= limit - _FRESH:
                held.append(seconds - at)

    asyncio.Handle._run = run  # type: ignore[method-assign, assignment]
