"""A problem: a name that does not exist, where it stands, and the nearest that does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from .passage import Passage

__all__ = ["Problem", "nearest"]


@dataclass(frozen=True)
class Problem:
    """One finding, as it is printed."""

    passage: Passage
    name: str
    what: str
    near: str = ""

    def __str__(self) -> str:
        near = f" Nearest: {self.near}." if self.near else " Nothing near it exists."
        return f"{self.passage.place}: {self.name}: {self.what}.{near}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The nearest existing name, or "" when none is near."""
    shown = [entry for entry in known if not entry.startswith("_")]
    by_lower = {entry.lower(): entry for entry in shown}
    found = difflib.get_close_matches(name.lower(), by_lower, 1, 0.5)
    return by_lower[found[0]] if found else ""
