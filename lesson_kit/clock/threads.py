"""Threads on the virtual clock: they sleep by it, and it stands still while they work."""

from __future__ import annotations

import threading
from asyncio import TimerHandle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .loop import VirtualLoop

__all__ = ["Threads"]

PATIENCE = 2.0
"""Real seconds in which a thread's work takes no virtual time: on a busy machine it may long wait for its turn."""
LOOK = 1.0
"""Real seconds after which a sleeping thread looks whether there is still a loop that can wake it."""


class Threads:
    """Give the threads of one loop a `sleep` that takes virtual time, and no real time.

    Then what they do comes out the same on every run: threads that sleep for real wake sooner or later than the loop's
    timers, as the machine has time for them. All sleepers wake when this is closed, for a loop waits for its threads.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop, self._paced = loop, loop._paced
        self._asleep: dict[threading.Event, TimerHandle] = {}
        self._closed = False
        self._paced.grace = PATIENCE

    def sleep(self, seconds: float) -> None:
        """Sleep, in any thread but the loop's own, until the loop's clock is so many seconds further."""
        woken = threading.Event()
        try:
            self._loop.call_soon_threadsafe(self._begin, seconds, woken)
        except RuntimeError:  # the loop is closed: no clock is left to sleep by
            return
        while not woken.wait(LOOK) and not self._loop.is_closed():
            pass

    def close(self) -> None:
        """Wake all sleepers, and let nobody sleep from now on."""
        self._closed = True
        for woken, timer in list(self._asleep.items()):
            timer.cancel()
            self._end(woken)

    def _begin(self, seconds: float, woken: threading.Event) -> None:
        if self._closed:
            woken.set()
            return
        self._asleep[woken] = self._loop.call_later(seconds, self._end, woken)
        self._paced.asleep += 1

    def _end(self, woken: threading.Event) -> None:
        del self._asleep[woken]
        self._paced.asleep -= 1
        self._paced.work_goes_on()
        woken.set()
