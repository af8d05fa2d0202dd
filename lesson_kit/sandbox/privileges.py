"""The privileges of a guest's process: none, and none to be had."""

from __future__ import annotations

import ctypes
import signal

from . import kernel

__all__ = ["adopt_orphans", "die_with_parent", "give_up"]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


def give_up() -> None:
    """Drop all capabilities for good. The user stays: another one might not be allowed to read Python's own files."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    kernel.call("capset", header, (ctypes.c_uint32 * 6)())
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends. Call it last: a change of privileges undoes it."""
    kernel.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def adopt_orphans() -> None:
    """Become the parent of every process below this one that loses its own, so that none gets out of sight."""
    kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)
