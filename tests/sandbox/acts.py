"""Acts for the sandbox's own tests: they run the guest's source, and emit what it says."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

# Raw system calls go past the hook, so that it is the walls that have to hold. A guest does not get this far: taken here,
# before there is a hook.
_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


def act(source: str, name: str, payload: dict[str, Any], emit: Callable[[Any], None]) -> None:
    """Run the source; each `say(value)` of it is emitted."""
    given = {"say": emit, "payload": payload, "syscall": _syscall}
    exec(compile(source, name, "exec"), {"__name__": "answer", **given})


def broken(source: str, name: str, payload: dict[str, Any], emit: Callable[[Any], None]) -> None:
    """An act with a mistake of its own."""
    raise KeyError("no such scene")
