"""The last words of a process that hangs or dies: where in the guest's source it was.

Python's faulthandler writes them from C, in a signal handler: also where a call never comes back to Python
(`sum(range(10**12))`), and after the guest has put a handler of its own in the way of all Python code.
"""

from __future__ import annotations

import faulthandler
import re
import signal
import threading
import time
from typing import NamedTuple

__all__ = ["SIGNAL", "Place", "have_ready", "place_in"]

# Windows has none of it: there a thread looks at the clock.
SIGNAL = getattr(signal, "SIGPROF", None)
# Seconds of computing between two looks, when the first met no line of the guest.
_AGAIN = 0.005
_FRAME = re.compile(r'^  File "(.*)", line (\d{1,7}) in (.*)$')
_LOOK = 0.02


class Place(NamedTuple):
    """A line of the guest's source; `current` says that it is in the thread that got the signal: the main one."""

    line: int
    current: bool


def have_ready(descriptor: int, cpu: float, wall: float | None = None) -> None:
    """Write to the descriptor where every thread is: at a crash, on `SIGNAL`, and after `cpu` seconds of computing.

    With `wall` (seconds) also after that time, for where nobody can send a signal.
    """
    faulthandler.enable(descriptor)
    if SIGNAL is not None:
        faulthandler.register(SIGNAL, descriptor, all_threads=True)
        signal.setitimer(signal.ITIMER_PROF, cpu, _AGAIN)
    else:
        threading.Thread(target=_watch, args=(descriptor, cpu), daemon=True).start()
    if wall is not None:
        faulthandler.dump_traceback_later(wall, file=descriptor)


def _watch(descriptor: int, cpu: float, sleep: object = time.sleep) -> None:
    assert callable(sleep)  # taken before an act puts a stand-in there
    while time.process_time() < cpu:
        sleep(_LOOK)
    faulthandler.dump_traceback(descriptor, all_threads=True)


def place_in(words: str, name: str) -> Place | None:
    """Find the guest's innermost line in last words: of the current thread, else of any other; None without one."""
    shown = name.encode("ascii", "backslashreplace").decode()
    found: list[Place] = []
    current, last = False, 0
    for text in words.splitlines():
        if text.startswith(("Current thread", "Thread ", "Stack (")):
            current, last = not text.startswith("Thread "), len(found)
        elif (frame := _FRAME.match(text)) and frame[1] == shown:
            found.append(Place(int(frame[2]), current))
    if "Timeout (" in words and found[last:]:
        # Of a clock's look no thread is the current one. The main thread is the oldest, and comes last.
        return found[last]._replace(current=True)
    return next((place for place in found if place.current), found[0] if found else None)
