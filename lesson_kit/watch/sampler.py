"""The sampler: a thread that looks where an event loop is when it gives no sign of life."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from ..frames import Frame, Place, own_place, stack
from .block import Ledger

__all__ = ["Sampler", "is_idle"]


class Sampler(threading.Thread):
    """Watches the loop that runs in the thread that makes this object.

    Args:
        loop: the running loop. limit: seconds from which a block is noted. ledger: where it is noted.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float, ledger: Ledger) -> None:
        # A daemon: a forgotten watch must not keep the process alive.
        super().__init__(name="lesson-kit-watch", daemon=True)
        self._loop, self._limit, self._ledger = loop, limit, ledger
        self._watched = threading.get_ident()
        self._look = min(0.02, limit / 10)
        self._changed = threading.Condition()
        self._stopped = False
        self._answered: float | None = None

    def stop(self) -> None:
        """End the thread. It never waits for the loop, so this may be called on the loop's own thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self.join()

    def run(self) -> None:
        going = True
        while going:
            slept, used = time.perf_counter(), self._cpu()
            going = self._wait(self._look)
            now, frames = time.perf_counter(), self._frames()
            seen = [] if is_idle(frames) else [own_place(frames)]
            # C code that keeps the interpreter lock keeps this thread asleep too. It was that, and not a
            # suspended machine, when the watched thread worked meanwhile.
            late = now - slept - self._look
            if late >= self._limit and self._cpu() - used >= self._limit:
                self._follow(now - late, seen)
            elif seen and going:
                # An idle loop is not asked: waking it for nothing would hide a deadlock from the virtual clock.
                self._follow(now, [])

    def _follow(self, since: float, seen: list[Place]) -> None:
        """Ask the loop for a sign of life; look at it until it answers; note a block."""
        self._answered = None
        try:
            self._loop.call_soon_threadsafe(self._answer)
        except RuntimeError:  # the loop has closed, so nothing can block it any more
            self._stopped = True
        wait = self._limit
        while self._wait(wait, until=lambda: self._answered is not None) and self._answered is None:
            wait = self._look
            seen.append(own_place(self._frames()))
        # Stopped without an answer: then the block lasted at least until now.
        ended = self._answered or time.perf_counter()
        if ended - since >= self._limit:
            self._ledger.note(ended - since, seen)

    def _answer(self) -> None:
        with self._changed:
            self._answered = time.perf_counter()
            self._changed.notify()

    def _wait(self, longest: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait for what comes first: `until`, a stop, or `longest` seconds. False when stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or until(), longest)
            return not self._stopped

    def _frames(self) -> list[Frame]:
        return stack(sys._current_frames().get(self._watched))

    def _cpu(self) -> float:
        """Seconds that the watched thread has worked; where the system does not tell, it counts as always at work."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return time.perf_counter()
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(self._watched))
        except OSError:  # the thread has ended
            return 0.0


def is_idle(frames: Sequence[Frame]) -> bool:
    """Tell whether a loop only waits: its `_run_once` is inside its selector's (or proactor's) `select`.

    `frames` is a stack, innermost first; an empty one (the thread has ended) is idle. A loop without Python frames
    of its own, such as uvloop, never looks idle; then it is simply asked.
    """
    for inner, outer in pairwise(frames):
        if outer.function == "_run_once" and outer.file.endswith("base_events.py"):
            return inner.function == "select"
    return not frames
