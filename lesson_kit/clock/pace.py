"""When the virtual clock may move: at once when all wait, at real speed while work goes on outside the loop.

The rules, in order, each time the loop has nothing to run:

1. Something real is ready (a socket, a thread's answer): take it, the clock stands still.
2. Work is off the clock (`clock.off_the_clock`): wait for it, the clock stands still.
3. Threads work or sockets are open: a timer due in v seconds fires only after v real seconds, so no time limit
   fires early. Short work (under `GRACE`) takes no virtual time at all: runs stay exact. Threads that sleep by this
   clock do not work (`threads.py`).
4. Nothing but timers: jump to the next one.
5. Not even timers: nobody can ever wake a task. That is a deadlock, and it is reported instead of waited out.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .waiting import describe_tasks, threads_awaited

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

# Real seconds in which work outside the loop counts as instant.
GRACE = 0.02
# Real seconds before we stop believing that off-the-clock work comes back by itself: it may wait for a timer.
PATIENCE = 10.0
# Real seconds that another thread gets to wake a loop that looks dead.
LAST_CHANCE = 0.25


class Deadlock(RuntimeError):
    """Every task waits, and nothing is scheduled or working that could wake one."""


class PacedSelector(selectors.BaseSelector):
    """A selector that moves a virtual clock instead of sleeping."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now_ns = 0  # whole nanoseconds: a sum of floats would drift
        self.frozen = 0  # how many pieces of work are off the clock
        self.asleep = 0  # how many threads sleep by this clock
        self.grace = GRACE
        self.hears_signals = False  # a signal handler of the loop comes through its wake-up pipe
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._open = 0  # descriptors that are registered
        self._began: dict[
            Any, tuple[float, int]
        ] = {}  # work -> (real seconds, virtual ns) at its start

    def work_begins(self, future: Any) -> Any:
        self._began[future] = (time.monotonic(), self.now_ns)
        future.add_done_callback(lambda done: self._began.pop(done, None))
        return future

    def work_goes_on(self) -> None:
        """Count the time of all work outside anew: a thread has slept, and that was no work."""
        self._began = dict.fromkeys(self._began, (time.monotonic(), self.now_ns))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        busy = timeout is not None and timeout <= 0
        if busy and self._alone():
            return []
        ready = self._real.select(0)
        if ready or busy:
            return ready
        if self.frozen and (ready := self._real.select(PATIENCE)):
            return ready
        due_ns = None if timeout is None else self.now_ns + round(timeout * 1e9)
        if self._outside_work():
            ready = self._real.select(None if due_ns is None else self._real_wait(due_ns))
            if ready or due_ns is None:
                return ready
        if due_ns is None:
            return self._last_chance()
        self.now_ns = due_ns
        return []

    def _alone(self) -> bool:
        """Whether nothing but this loop's own tasks can give it work: then asking the kernel, turn by turn, is for nothing.

        Measured: a conversation of 4 deltas is 110 turns of the loop, and 10 waits.
        """
        return not (self._sockets() > 0 or self.hears_signals or threading.active_count() > 1)

    def _outside_work(self) -> bool:
        bridges = [("bridge", number) for number in range(threads_awaited(self._loop))]
        for known in [work for work in self._began if type(work) is tuple and work not in bridges]:
            del self._began[known]
        for bridge in bridges:
            self._began.setdefault(bridge, (time.monotonic(), self.now_ns))
        return len(self._began) > self.asleep or self._sockets() > 0

    def _sockets(self) -> int:
        return self._open - 1  # one is the loop's own wake-up pipe

    def _real_wait(self, due_ns: int) -> float:
        """Real seconds to wait before a timer due at `due_ns` may fire."""
        now = time.monotonic()
        waits = [
            began + max(self.grace, (due_ns - virtual) / 1e9) - now
            for began, virtual in self._began.values()
        ]
        if self._sockets() > 0:
            # A peer's answer may always be under way: never faster than real time.
            waits.append((due_ns - self.now_ns) / 1e9)
        return max(0.0, *waits)

    def _last_chance(self) -> list[tuple[selectors.SelectorKey, int]]:
        # A thread that nobody told us about may still be about to call the loop.
        if threading.active_count() > 1 and (ready := self._real.select(LAST_CHANCE)):
            return ready
        raise Deadlock(
            "every task waits, and nothing can wake one: no timer is set, no thread works, no socket is open.\n"
            f"{describe_tasks(self._loop)}\n"
            "Look for a queue that nobody fills, an event that nobody sets or a lock that nobody frees. "
            "If a thread of your own was to answer, wrap the wait in lesson_kit.clock.off_the_clock()."
        )

    # The rest is the real selector's.
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        key = self._real.register(fileobj, events, data)
        self._open += 1
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        key = self._real.unregister(fileobj)
        self._open -= 1
        return key

    def modify(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()
