"""Stamps for spans: the day from the wall clock once, and every duration from the loop's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["Stamps", "seconds"]


def seconds() -> float:
    """Give the running loop's time; outside of a loop what a real loop's clock would say."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:  # a processor may be called from a thread
        return time.monotonic()


class Stamps:
    """Makes stamps in nanoseconds since 1970, as OpenTelemetry wants them.

    The wall clock (`epoch`) is read once: when somebody sets it back in the middle of a turn, no span ends before
    it starts.
    """

    def __init__(self, epoch: Callable[[], int] = time.time_ns) -> None:
        self._epoch, self._origin = epoch(), seconds()

    def now(self) -> int:
        """Stamp this moment."""
        return self.at(seconds())

    def at(self, moment: float) -> int:
        """Stamp a moment of the loop's clock, in seconds."""
        return self._epoch + round((moment - self._origin) * 1e9)
