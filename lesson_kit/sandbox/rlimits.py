"""Resource limits of a guest's process: memory, files, descriptors, processes."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

from .job import Limits

__all__ = ["present_size", "put_up"]

# A guest may have a pool of threads (asyncio.to_thread makes up to 32), but not a thousand.
_THREADS = 128
_DESCRIPTORS = 256


def present_size() -> int:
    """The bytes of address space that this process has now; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGESIZE")
    return 0


def put_up(limits: Limits, present: int, *, own_users: bool) -> None:
    """Limit this process for good; raises `OSError` or `ValueError` where the system does not let it.

    `present` are the bytes that it has already. `own_users` says that it is in a user namespace: elsewhere the number of
    processes counts all that the user runs on the machine, and a limit would hit the innocent.
    """
    import resource

    # Whole seconds only: the net below the timer of the last words and the parent's own look at the clock.
    seconds = math.ceil(limits.cpu) + 1
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (limits.files, limits.files),
        resource.RLIMIT_NOFILE: (_DESCRIPTORS, _DESCRIPTORS),
    }
    if present:
        wanted[resource.RLIMIT_AS] = (present + limits.memory,) * 2
    if own_users:
        wanted[resource.RLIMIT_NPROC] = (_THREADS, _THREADS)
    for which, (soft, hard) in wanted.items():
        ceiling = resource.getrlimit(which)[1]
        if ceiling != resource.RLIM_INFINITY:  # an ordinary user cannot raise what is set already
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(which, (soft, hard))
