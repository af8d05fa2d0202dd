"""The sandbox of this process: started early, shared by all who check an answer here, ended at exit."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading

from .sandbox import Sandbox

__all__ = ["shared", "warm"]

_lock = threading.Lock()
_resident: tuple[int, Sandbox] | None = None


def shared() -> Sandbox:
    """Return the one sandbox of this process; it starts with its first job, or with `warm()`."""
    global _resident
    with _lock:
        # A forked worker must not talk into its parent's pipes: it gets a sandbox of its own.
        if _resident is None or _resident[0] != os.getpid():
            _resident = (os.getpid(), Sandbox())
            atexit.register(_resident[1].close)
        return _resident[1]


def warm() -> None:
    """Start the shared sandbox in the background: the SDKs take seconds to load, the first check should not."""
    threading.Thread(target=_start, name="lesson-kit-sandbox", daemon=True).start()


def _start() -> None:
    # Nobody waits for this: the job that meets the same trouble says what it is.
    with contextlib.suppress(Exception):
        shared().start()
