"""Starts an exercise anew: the untouched stub comes back, and the student's work is kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .backup import keep
from .building import is_somebodys_work, stub_of
from .running import written
from .shelf import Shelf, replace

if TYPE_CHECKING:
    from ..grader.exercise import Exercise

__all__ = ["Restarted", "restart"]


@dataclass(frozen=True)
class Restarted:
    """The notebook that is new again, and the copy of what it held (None where nothing in it was anybody's)."""

    notebook: Path
    backup: Path | None


def restart(name: str, exercises: Mapping[str, Exercise], shelf: Shelf) -> Restarted:
    """Write the stub of an exercise anew, after a copy of what is there, unless that is a stub that nobody wrote in.

    The stub is made out of the solution's notebook, so a broken exercise is mended too. Raises `ShelfError` where
    there is no solution, `MarkerError` where it has no markers.
    """
    made, target = written(stub_of(name, exercises, shelf)), shelf.exercise(name)
    work = target.exists() and is_somebodys_work(target)
    backup = keep(target) if work else None
    replace(target, made)
    return Restarted(target, backup)
