"""Landlock: which files a process can open, from now on and for good (Linux 5.13 and later)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

from . import kernel

__all__ = ["put_up"]

# The same numbers on x86_64 and aarch64.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_SCRATCH = _WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_DIR | _REMOVE_FILE
_SCRATCH |= _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE
# How many kinds of access to files each version of Landlock knows.
_KINDS = {1: 13, 2: 14, 3: 15, 4: 15}
_KINDS_NOW = 16


def put_up(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Let this process read below `readable`, write below `writable`, and open nothing else.

    Closes TCP too (version 4), and signals and abstract sockets to other processes (version 6). `stat` still works
    everywhere: Landlock hides what is in a file, not that it is there. Raises `OSError` where there is no Landlock.
    """
    version = kernel.syscall(_CREATE_RULESET, None, 0, 1)
    files = (1 << _KINDS.get(version, _KINDS_NOW)) - 1
    wanted = [files, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0]
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = kernel.syscall(_CREATE_RULESET, struct.pack("3Q", *wanted), size, 0)
    try:
        for path in readable:
            _allow(rules, path, (_READ_FILE | _READ_DIR) & files)
        for path in writable:
            _allow(rules, path, _SCRATCH & files)
        kernel.prctl(38, 1)  # PR_SET_NO_NEW_PRIVS, without which an ordinary user may not
        kernel.syscall(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    try:
        if not os.path.isdir(path):
            access &= _OF_FILES
        rule = struct.pack("=Qi", access, place)
        kernel.syscall(_ADD_RULE, rules, 1, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)
