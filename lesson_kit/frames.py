"""The student's own frame in a call stack: the line to show when something waits or blocks."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

__all__ = ["Frame", "Place", "own_place", "source_line", "stack", "where"]

_CELL = re.compile(r"[/\\]ipykernel_\d+[/\\]|^<ipython-input-")
_KIT = str(Path(__file__).parent)
# The broken examples of the course are shown as the student's own code would be.
_SHOWN = str(Path(__file__).parent / "pitfalls")
_LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")


class Frame(NamedTuple):
    """One entry of a call stack: file as the compiler knew it, line from 1, function."""

    file: str
    line: int
    function: str


class Place(NamedTuple):
    """A line of code: file as the compiler knew it, line from 1, function, and whether it is the student's own."""

    file: str
    line: int
    function: str
    own: bool


def stack(frame: FrameType | None) -> list[Frame]:
    """List a call stack from this frame outwards, innermost first."""
    found = []
    while frame is not None:
        # f_lineno is None for an instant while a frame is being set up.
        found.append(Frame(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name))
        frame = frame.f_back
    return found


def own_place(frames: Sequence[Frame]) -> Place:
    """Pick the innermost frame of the student's own code, or the innermost of all where none is."""
    for frame in frames:
        if _is_own(frame.file):
            return Place(*frame, own=True)
    return Place(*frames[0], own=False) if frames else Place("", 0, "", own=False)


@lru_cache(maxsize=1024)
def _is_own(file: str) -> bool:
    """Tell the student's files from Python's, installed packages' and this kit's."""
    if _CELL.search(file) or file.startswith(_SHOWN):
        return True  # a notebook cell, wherever the kernel pretends that its file lies
    if file.startswith("<frozen ") or not file:
        return False
    if {"site-packages", "dist-packages"} & set(Path(file).parts):
        return False
    roots = [sysconfig.get_paths()[name] for name in _LIBRARIES]
    return not file.startswith(
        tuple(root.rstrip("/\\") + sep for root in [*roots, _KIT] for sep in "/\\")
    )


def where(file: str, line: int) -> str:
    """Name a line as its author knows it: `cell In[3], line 4` or `respond.py:12`."""
    if not file:
        return "an unknown place"
    if cell := _cell(file):
        return f"{cell}, line {line}"
    return f"{Path(file).name}:{line}"


def source_line(file: str, line: int) -> str:
    """Read a line of source, without indentation; empty where there is none to read."""
    return linecache.getline(file, line).strip()


def _cell(file: str) -> str:
    if not _CELL.search(file):
        return ""
    # Not imported: outside a notebook IPython is a second of start-up for nothing.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    named = shell.compile.format_code_name(file) if shell else None
    return f"cell {named[1]}" if named else "a notebook cell"
