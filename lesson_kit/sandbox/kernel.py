"""System calls that Python has no function for, through ctypes."""

from __future__ import annotations

import ctypes
import os
from typing import Any

__all__ = ["call", "mount", "prctl", "setns", "syscall", "umount", "unshare"]

_libc: Any = None


def call(name: str, *arguments: Any) -> int:
    """Call a function of the C library; raises `OSError` where it returns -1."""
    global _libc
    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
    function = getattr(_libc, name)
    function.restype = ctypes.c_long
    # Varargs: without the cast ctypes hands over 32 bits of a 64-bit argument.
    cast = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    result = function(*cast)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return int(result)


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call by its number; raises `OSError`."""
    return call("syscall", number, *arguments)


def prctl(option: int, *arguments: Any) -> None:
    """Set a property of this process; raises `OSError`."""
    call("prctl", option, *(*arguments, 0, 0, 0, 0)[:4])


def unshare(flags: int) -> None:
    """Leave the namespaces of these kinds for new ones; raises `OSError`."""
    call("unshare", flags)


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace behind a descriptor; raises `OSError`."""
    call("setns", descriptor, kind)


def mount(source: str, target: str, kind: str, flags: int, data: str) -> None:
    """Mount a file system; raises `OSError`."""
    call("mount", *(text.encode() for text in (source, target, kind)), flags, data.encode())


def umount(target: str, flags: int) -> None:
    """Take a mounted file system away; raises `OSError`."""
    call("umount2", os.fsencode(target), flags)
