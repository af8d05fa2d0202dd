"""A process's own time: real seconds, less those in which it stood in the queue for a core."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["Stopwatch"]


class Stopwatch:
    """Counts from when it is made. A busy machine does not make it run faster than an idle one would.

    Waiting (for a file, a peer, a lock) counts, computing counts, the queue does not. Linux tells how long the main
    thread of a process stood in it (man 5 proc, /proc/pid/schedstat: its second number, nanoseconds); where nobody
    tells, these are plain real seconds.
    """

    def __init__(self, pid: int | str = "self") -> None:
        self._stat = Path(f"/proc/{pid}/schedstat")
        self._began, self._queued = time.monotonic(), self._queue()

    def seconds(self) -> float:
        return time.monotonic() - self._began - (self._queue() - self._queued)

    def _queue(self) -> float:
        try:
            return int(self._stat.read_bytes().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0
