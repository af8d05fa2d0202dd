"""Processes that outlived the guest that started them.

With a pid namespace, or with a filter that knows no fork, there are none. Without both, they have become children of the
preloaded process (`privileges.adopt_orphans`), in whatever group or session they hid.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

__all__ = ["sweep"]

# A chain of forks moves up one link at a time.
_ROUNDS = 1000


def sweep() -> int:
    """End all children of this process, and theirs; returns how many there were."""
    found = 0
    for _ in range(_ROUNDS):
        try:
            # Nothing dead, nothing alive: no child at all, which is how it should be.
            if os.waitpid(-1, os.WNOHANG)[0]:
                found += 1
                continue
        except ChildProcessError:
            break
        for pid in _children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
            found += 1
    return found


def _children() -> list[int]:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        return [int(pid) for pid in text.split()]
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_mine(pid)]


def _is_mine(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError, ValueError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return int(stat.rpartition(")")[2].split()[1]) == os.getpid()
    return False
