"""The guard of a child process: ends it when the code holds the loop, spins, or takes too long."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

from ..clock.waiting import awaited_frames, describe_tasks
from ..frames import Frame, Place, own_place, source_line, stack
from .facts import FIRST, LOADING
from .pulse import Pulse
from .stopwatch import Stopwatch

__all__ = ["SLOW", "SPIN", "STUCK", "Guard"]

# Seconds of the process's own time without a sign of life from the loop: it is slow, then it counts as stuck.
SLOW, STUCK = 0.1, 1.0
# Seconds of computing in which the virtual clock moves by less than MOVE: the code runs round in a circle.
SPIN, MOVE = 1.5, 0.05
# The same: for so long the code may be at work of its own before it is a server, as in a loop at import. What
# it imports may take longer.
BEGIN = 1.2
# Taken now: the stage puts a stand-in there.
_sleep = time.sleep


class Guard:
    """Looks at the thread that makes it, from a thread of its own; says where that was before it ends the process.

    `stage` names what runs now; `loop` is its event loop, None while there is none. `pulse` beats as long as this can
    look at all, and calls for help when the loop gave no sign of life for `SLOW` seconds of the first answer.
    """

    def __init__(self, emit: Callable[..., None], limit: float, pulse: Pulse) -> None:
        self.stage = "start"
        self.loop: asyncio.AbstractEventLoop | None = None
        self.watch = Stopwatch()
        self._emit, self._limit, self._pulse = emit, limit, pulse
        self._watched = threading.get_ident()
        self._answered = threading.Event()
        # What is loaded already is not the author's, wherever it lies: an audit hook of a sitecustomize.py, say.
        self._foreign = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        # The loop's time and the seconds of computing when its clock moved last.
        self._moved: tuple[float, float] | None = None
        # How many modules there were, and own seconds, when the last was imported.
        self._imported = 0, 0.0

    def start(self) -> None:
        # Not a threading.Thread: with a second one of those, the virtual clock looks at every task before each of
        # its jumps, in case one waits for that thread. That was a sixth of a verdict's cost.
        _thread.start_new_thread(self._run, ())

    def _run(self) -> None:
        while True:
            self._pulse.beat()
            self._look()
            _sleep(0.05)

    def _look(self) -> None:
        loop = self.loop
        if self.watch.seconds() > self._limit:
            self._leave("slow")
        elif loop is not None:
            if not self._gives_a_sign(loop) and self.loop is not None:
                self._look_closer()
            elif self._spins(loop):
                self._leave("spins")
        elif self.stage in LOADING and self._has_not_begun():
            self._leave("begins")

    def _has_not_begun(self) -> bool:
        """Tell whether the code is at work of its own, and imports nothing, before there is a server to ask."""
        known, since = self._imported
        now, modules = self.watch.seconds(), len(sys.modules)
        if modules != known or self._imports():
            self._imported = modules, now
            return False
        return now - since >= BEGIN

    def _imports(self) -> bool:
        """Tell whether there is an import under way inside the innermost line of the author's own."""
        for frame in self._frames():
            if frame.file.startswith("<frozen importlib"):
                return True
            if self._own([frame]).own:
                return False
        return True

    def _gives_a_sign(self, loop: asyncio.AbstractEventLoop) -> bool:
        self._answered.clear()
        with contextlib.suppress(RuntimeError):  # it may have closed this instant
            loop.call_soon_threadsafe(self._answered.set)
            asked, computed = Stopwatch(), self._computed()
            while (silent := asked.seconds()) < STUCK:
                self._pulse.beat()
                answered = self._answered.wait(SLOW / 2)
                # Code that computes needs a core of its own, and may never end: no help before it has.
                waits = self._computed() - computed < silent / 2
                if silent >= SLOW and self.stage in FIRST and (answered or waits):
                    self._pulse.call_for_help()
                if answered:
                    return True
            return False
        return True

    def _look_closer(self) -> None:
        """Look ten times: code that holds the loop is always in one function of its own. A busy machine is not."""
        places = []
        for _ in range(10):
            if self._answered.wait(0.02):
                return
            places.append(self._place())
        (function, own), times = Counter((p.function, p.own) for p in places).most_common(1)[0]
        if own and times >= 8:
            lines = Counter(p for p in places if p.function == function)
            self._leave("blocked", lines.most_common(1)[0][0])

    def _spins(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Tell whether the code computes and computes while no time passes for it.

        Measured in the thread's own computing, so that neither a busy machine nor work in other threads looks like it.
        """
        now, computed = loop.time(), self._computed()
        if self._moved is None or now - self._moved[0] >= MOVE:
            self._moved = now, computed
        return computed - self._moved[1] >= SPIN

    def _computed(self) -> float:
        """Seconds that the watched thread has computed; 0 where the system does not tell (macOS, Windows)."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return 0.0
        return time.clock_gettime(time.pthread_getcpuclockid(self._watched))

    def _frames(self) -> list[Frame]:
        return stack(sys._current_frames().get(self._watched))

    def _place(self) -> Place:
        return self._own(self._frames())

    def _own(self, frames: list[Frame]) -> Place:
        own = own_place([frame for frame in frames if frame.file not in self._foreign])
        return own if own.own else own_place(frames)._replace(own=False)

    def _leave(self, why: str, place: Place | None = None) -> None:
        # The thread goes on while we look at it, and may run between two of its own lines. So look again, but not
        # often: on a busy machine each look takes a turn of the interpreter and one of a core.
        for _ in range(10):
            if place is not None and place.own:
                break
            _sleep(0.005)
            place = self._place()
            if not place.own:
                place = self._waits() or place
        assert place
        source = source_line(place.file, place.line) if place.own else ""
        if not place.own and self.loop is not None:
            with contextlib.suppress(RuntimeError):
                source = " ".join(describe_tasks(self.loop).split())[:400]
        self._emit("stuck", why, self.stage, place.file, place.line, place.own, source)
        os._exit(0)

    def _waits(self) -> Place | None:
        """Find an own line in which a task waits: code that awaits all the time is seldom met at work."""
        with contextlib.suppress(RuntimeError):  # the set of tasks changed while it was read
            for task in asyncio.all_tasks(self.loop) if self.loop else ():
                frames = [
                    Frame(c.co_filename, n, c.co_name) for c, n in awaited_frames(task.get_coro())
                ]
                place = self._own(frames[::-1])
                if place.own:
                    return place
        return None
