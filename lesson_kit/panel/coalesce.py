"""How often a page is told: the first news at once, then at most so many times a second.

One message for each token is too many. jupyter_server drops messages above 1000 a second (of 9,999 tokens at
2000 a second, 5,922 reached the page), while 60 a second lose nothing and look the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["PER_SECOND", "Coalescer"]

PER_SECOND = 60.0
"""Messages a second: as often as a screen is drawn."""


class Coalescer:
    """Calls `tell` soon after `news()`, once for all the news since the last call.

    Make and use it on the loop. `tell` collects what is new by itself, so nothing is lost however often it is called;
    it returns whether there was anything to send.
    """

    def __init__(self, tell: Callable[[], bool], *, per_second: float = PER_SECOND) -> None:
        if not per_second > 0:
            raise ValueError(
                f"Coalescer(per_second=...) expected a number above 0, got {per_second!r}."
            )
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._period = 1 / per_second
        self._free_at = float("-inf")  # loop time from which a message may leave
        self._timer: asyncio.TimerHandle | None = None

    def news(self) -> None:
        """Note that there may be something to tell."""
        if self._timer is None:
            if self._loop.time() >= self._free_at:
                self.flush()
            else:
                self._timer = self._loop.call_at(self._free_at, self.flush)

    def flush(self) -> None:
        """Tell now what there is, out of turn."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tell():
            self._free_at = self._loop.time() + self._period
