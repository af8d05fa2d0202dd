"""A block of the event loop, told by the line of code that held it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..frames import Place, source_line, where

__all__ = ["Blockage", "Ledger"]

NO_SAMPLE = "C code held the interpreter all the time, so no line could be seen"
FOREIGN = "a library's line: none of your own was running"


@dataclass(frozen=True)
class Blockage:
    """A line that blocked the loop.

    `file`, `line`, `function` and `source` (without indentation) name it; `seconds` is how long it blocked, over all
    `count` times, and `longest` the longest single time. Each time is counted from the first look that met it, so it
    may have begun up to one look (a tenth of the limit, at most 20 ms) earlier.

    `own` is False when no line of the student's own code was on the stack: then the innermost line of the library is
    named, or no line at all (file "", line 0) where C code let nobody look.
    """

    file: str
    line: int
    source: str
    seconds: float
    function: str
    count: int = 1
    longest: float = 0.0
    own: bool = True

    @property
    def where(self) -> str:
        """The place as its author knows it: `cell In[3], line 4` or `respond.py:12`."""
        return where(self.file, self.line)

    def __str__(self) -> str:
        times = f" in {self.count} blocks" if self.count > 1 else ""
        told = f"the loop was blocked for {self.seconds:.2f} s{times} at {self.where}"
        if not self.file:
            return f"{told}: {NO_SAMPLE}"
        # Module level has no function name that would say anything to the reader.
        told += f" in {self.function}" if self.function.isidentifier() else ""
        told += f": {self.source}" if self.source else ""
        return told if self.own else f"{told} ({FOREIGN})"


class Ledger:
    """The blocks found so far, one entry per line of code. Written by one thread, read by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, int], Blockage] = {}

    def note(self, seconds: float, seen: Sequence[Place]) -> None:
        """Enter one block: how long it lasted, and the places at which looks found it, in order."""
        # The line seen most often blocked longest; of equals Counter gives the one seen first.
        place = Counter(seen).most_common(1)[0][0] if seen else Place("", 0, "", own=False)
        key = place.file, place.line
        with self._lock:
            old = self._found.get(key) or Blockage(
                *key, source_line(*key), 0.0, place.function, count=0, own=place.own
            )
            self._found[key] = replace(
                old,
                seconds=old.seconds + seconds,
                count=old.count + 1,
                longest=max(old.longest, seconds),
            )

    def blockages(self) -> list[Blockage]:
        """List the lines that blocked, the longest first."""
        with self._lock:
            return sorted(self._found.values(), key=lambda found: -found.seconds)
