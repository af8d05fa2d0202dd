"""Whether a process computes, or waits for its turn to: a busy machine must not make an honest guest look asleep."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["is_running"]


def is_running(handle: int) -> bool:
    """Look whether any thread of the process behind a pidfd is running, runnable or waiting for the disk.

    False where /proc does not tell.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        # The pid as /proc counts, which is not how this process's own namespace counts.
        facts = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
        pid = int(next(line for line in facts if line.startswith("Pid:")).split()[1])
        for thread in Path(f"/proc/{pid}/task").iterdir():
            stat = (thread / "stat").read_text(encoding="ascii", errors="replace")
            if stat.rpartition(")")[2].split()[0] in ("R", "D"):
                return True
    return False
