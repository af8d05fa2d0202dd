"""The processes below another, as /proc knows them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 120.0
"""Real seconds after which something will never happen, on the busiest machine."""
BEGINS = "import os, time\nos.mkdir('begun')\nos.chdir('begun')\n"
"""How the source of a guest begins that can be seen from outside: by the folder that it works in."""


def wait_until(what: Callable[[], object]) -> None:
    """Look again and again until it is so. Fails after `PATIENCE`."""
    ends = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)


def guests(pid: int) -> list[int]:
    """List the guests below a process that have run `BEGINS`."""
    return [child for child in below(pid) if _folder(child).endswith("/begun")]


def _folder(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/cwd")
    return ""


def below(pid: int, command: str = "") -> list[int]:
    """List all descendants of a process, the dead that nobody has collected too; those whose command line has a text."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (folder / "stat").read_text(errors="replace")
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found: list[int] = []
    level = {pid}
    while level:
        level = {child for child, parent in parents.items() if parent in level}
        found += level
    return sorted(child for child in found if command in _command(child))


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    return ""
