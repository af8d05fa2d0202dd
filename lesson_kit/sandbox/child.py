"""The guest's process: it puts up the walls round itself, then hands over to the act."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from . import landlock, lastwords, privileges, rlimits, seccomp
from .environment import GUEST
from .hook import Hook
from .job import Limits
from .telling import Tell, teller
from .walls import Walls

__all__ = ["Act", "Sheltered", "perform", "settle"]

_CTYPES = ("ctypes", "_ctypes", "ctypes._endian", "ctypes.util", "ctypes.wintypes")

Act = Callable[[str, str, dict[str, Any], Callable[[Any], None]], None]


@dataclass(frozen=True)
class Sheltered:
    """Where a guest's process stands: the walls to put up, what it may read, its scratch folder."""

    walls: Walls
    readable: list[str]
    scratch: str
    present: int = 0  # bytes of address space before it starts


def settle(where: Sheltered, limits: Limits, kept: tuple[int, ...]) -> tuple[list[str], list[int]]:
    """Shut this process in; returns the walls that stand, and where the kept descriptors are now.

    A wall that the system refuses is left out: the others still stand.
    """
    os.setsid()
    os.umask(0o077)
    os.chdir(where.scratch)
    kept_now = _close_all_but(kept)
    os.environ.clear()
    os.environ.update(GUEST, TMPDIR=where.scratch)
    tempfile.tempdir = None
    standing = ["namespaces"] if where.walls.namespaces else []
    own_users = where.walls.namespaces
    attempts: dict[str, Callable[[], None]] = {
        "rlimits": lambda: rlimits.put_up(limits, where.present, own_users=own_users),
        "landlock": lambda: landlock.put_up(where.readable, [where.scratch]),
        "seccomp": seccomp.put_up,
    }
    if where.walls != Walls.none():
        for drop in (privileges.give_up, privileges.die_with_parent):
            with contextlib.suppress(OSError):
                drop()
    for name, put_up in attempts.items():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if getattr(where.walls, name):
                put_up()
                standing.append(name)
    return [name for name in where.walls.names if name in standing], kept_now


def perform(
    act: Act, job: dict[str, Any], where: Sheltered, descriptors: list[int], wall: float | None
) -> None:
    """Run the act on a guest's source, and tell how it went."""
    results, words = descriptors
    tell = teller(results, job["token"])
    tell("start", None)
    lastwords.have_ready(words, job["cpu"], wall)
    _forget_ctypes()
    Hook(tell, job["name"], where.readable, where.scratch).set_up()
    _run(act, job, tell)


def _run(act: Act, job: dict[str, Any], tell: Tell) -> None:
    name = job["name"]
    try:
        act(job["source"], name, job["payload"], lambda value: tell("value", value))
    except MemoryError as error:
        tell("memory", {"line": _own_line(error.__traceback__, name)})
    except SystemExit as error:
        # A subclass is the act's own, and says what the guest did.
        own = type(error) is not SystemExit and isinstance(error.code, str)
        text = str(error.code) if own else f"ended its process: sys.exit({error.code!r})"
        tell("exit", {"text": text[:200], "line": _own_line(error.__traceback__, name)})
    except BaseException as error:
        line = _own_line(error.__traceback__, name)
        # What the guest raises and the act lets pass is the guest's end; all else is the act's fault, so ours.
        tell(
            "error" if line is None else "exit",
            {"text": f"{type(error).__name__}: {error}"[:500], "line": line},
        )
    else:
        tell("end", None)


def _own_line(trace: TracebackType | None, name: str) -> int | None:
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _close_all_but(kept: tuple[int, ...]) -> list[int]:
    """Close every descriptor but these, which move to places that nobody guesses; 0, 1 and 2 lead nowhere."""
    import fcntl

    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    places = sorted(random.SystemRandom().sample(range(100, 250), len(kept)))
    moved = [
        fcntl.fcntl(old, fcntl.F_DUPFD_CLOEXEC, place)
        for old, place in zip(kept, places, strict=True)
    ]
    start = 3
    for place in sorted(moved):
        os.closerange(start, place)
        start = place + 1
    os.closerange(start, 2**16)
    return moved


def _forget_ctypes() -> None:
    # The walls needed it. A guest that imports it anew meets the hook. By name, because a walk through all modules
    # touches every one of them, and each touch copies a page of memory: 3 ms.
    for name in _CTYPES:
        sys.modules.pop(name, None)
