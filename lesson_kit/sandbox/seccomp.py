"""A filter of system calls: what a guest's process can no longer ask the kernel for."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from . import kernel
from .syscalls import DENIED, MACHINES, NUMBERS

__all__ = ["program", "put_up"]

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
# Classic BPF: load a word, jump where equal / at least / any bit set, mask, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _MASK, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_CLONE_THREAD = 0x00010000
_AF_UNIX, _SOCK_STREAM = 1, 1
# Calls newer than this table count as not there: C libraries try them first, and know how to do without. So does
# everything of the x32 ABI, which has numbers of its own far above.
_NEWER = 452

_Step = tuple[int, int, int, int]


def put_up() -> None:
    """Filter this process and all its threads, for good.

    Denied calls fail with EPERM. Raises `OSError` where the kernel has no filters, or the machine is not known here.
    """
    steps = program(platform.machine(), os.getpid())
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    kept = ctypes.create_string_buffer(code)
    filter_program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(kept))
    kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(filter_program))


def program(machine: str, own_pid: int) -> list[_Step]:
    """Write the filter for a machine ("x86_64", "aarch64"): (code, jump if true, jump if false, operand) a step.

    Raises `OSError` for any other machine.
    """
    if machine not in MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    number = NUMBERS[machine]
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, MACHINES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *_where_at_least(_NEWER, [_deny(errno.ENOSYS)]),
        # glibc forks and starts threads through clone3, whose flags lie in memory where no filter can look. Without it
        # it takes clone.
        *_where(number["clone3"], [_deny(errno.ENOSYS)]),
        *_where(number["clone"], _only_if(0, (_ANY_BIT, _CLONE_THREAD))),
        # A pair of streams cannot be sent to any other address; a datagram socket can (/dev/log).
        *_where(number["socketpair"], _only_unix_streams()),
        *_where(number["kill"], _only_if(0, (_EQUAL, own_pid))),
        *_where(number["tgkill"], _only_if(0, (_EQUAL, own_pid))),
        *_where(number["prlimit64"], _only_if(0, (_EQUAL, 0))),
    ]
    denied = sorted(DENIED[machine].values())
    steps += [(_EQUAL, len(denied) - position, 0, value) for position, value in enumerate(denied)]
    return [*steps, (_RETURN, 0, 0, _ALLOW), _deny(errno.EPERM)]


def _deny(code: int) -> _Step:
    return (_RETURN, 0, 0, _ERROR | code)


def _where(number: int, then: list[_Step]) -> list[_Step]:
    return [(_EQUAL, 0, len(then), number), *then]


def _where_at_least(number: int, then: list[_Step]) -> list[_Step]:
    return [(_AT_LEAST, 0, len(then), number), *then]


def _load_argument(index: int) -> _Step:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)  # its lower half: both machines are little-endian


def _only_if(index: int, test: tuple[int, int]) -> list[_Step]:
    code, operand = test
    return [
        _load_argument(index),
        (code, 0, 1, operand),
        (_RETURN, 0, 0, _ALLOW),
        _deny(errno.EPERM),
    ]


def _only_unix_streams() -> list[_Step]:
    return [
        _load_argument(0),
        (_EQUAL, 0, 4, _AF_UNIX),
        _load_argument(1),
        (_MASK, 0, 0, 0xF),
        (_EQUAL, 0, 1, _SOCK_STREAM),
        (_RETURN, 0, 0, _ALLOW),
        _deny(errno.EPERM),
    ]
