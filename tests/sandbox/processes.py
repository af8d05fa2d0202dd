"""The processes below another, as /proc knows them."""

from __future__ import annotations

import contextlib
from pathlib import Path


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
