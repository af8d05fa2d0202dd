"""Namespaces: no network, no other process, a small disk of its own.

The preloaded process enters them once, so a job pays only for its own pid namespace (a tenth of a millisecond). Its
first process is the guest's: when that ends, the kernel ends everything that it started, in whatever group or session.

Bubblewrap makes the same namespaces, but for a program, not for a fork: each job would load the SDKs again (2 s). Measured
on a busy machine, 20 starts of bubblewrap 0.8 each: 36 ms for a program that does nothing, 92 ms for a bare Python, 10 ms
for a whole job by fork. Nor can the preloaded process live in it: it drops the privilege to make pid namespaces.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from . import kernel

__all__ = ["Disk", "enter", "fork", "usable"]

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
_MNT_DETACH = 2
# More files than an answer needs; each costs the kernel memory that no other limit counts.
_FILES = 1000


def enter() -> None:
    """Enter new namespaces with this process; its next child is the first of a new pid namespace.

    Raises `OSError` where the system does not let it. Needs a process with one thread.
    """
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_NEWUSER | _NEWNS | _NEWIPC | _NEWNET | _NEWPID)
    # The same user inside as outside, and no other.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    kernel.mount("none", "/", "", _MS_REC | _MS_PRIVATE, "")


def usable(files: Sequence[str]) -> bool:
    """Try it in a child: can it enter, and still read these files without any privilege?

    Root reads everybody's files, but root of a user namespace does not: a Python that belongs to somebody else would be
    out of reach, and honest work would look broken.
    """
    from .privileges import give_up

    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            enter()
            give_up()
            if all(os.access(file, os.R_OK) for file in files):
                os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def fork() -> int:
    """Fork a child that is process 1 of a new pid namespace; returns as `os.fork` does. Raises `OSError`."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    kernel.unshare(_NEWPID)
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:  # in the parent, and where there is no child: back, or no later child could be born
            kernel.setns(home, _NEWPID)
        os.close(home)
    return pid


class Disk:
    """A scratch disk in memory, of a bounded size, at a place of this mount namespace only."""

    def __init__(self, place: str, size: int) -> None:
        options = f"size={size},nr_inodes={_FILES},mode=700"
        flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
        kernel.mount("lesson-kit", place, "tmpfs", flags, options)
        self._place = place

    def take_away(self) -> None:
        """Forget the disk with everything on it, however deep a guest has nested its folders."""
        with contextlib.suppress(OSError):
            kernel.umount(self._place, _MNT_DETACH)
