"""A pitfall: a broken server beside the mended one, with what the user sees."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from .evidence import Evidence
from .scene import Scene
from .stage import ServerClass, play

__all__ = ["MARK", "Pitfall"]

MARK = "# broken here"
"""Ends each line to mend in a broken half. Tests may read it; whoever diagnoses code may not."""


@dataclass(frozen=True)
class Pitfall:
    """One mistake, and how it is recognised.

    `symptom` is what the user of the chat sees (or the owner of the bill), `reason` why; `ledger` names the rows of
    the claim ledger that it stands on. In `broken` the lines to mend end in a marking comment; `fixed` is the same
    server without the mistake, and it has none of the others either. (Only `duplicate_ids` needs a word: all but its
    own `fixed` trust the ids of the model, as any server does that is not meant for Chat Completions.)
    """

    name: str
    title: str
    symptom: str
    reason: str
    ledger: tuple[str, ...]
    broken: ServerClass
    fixed: ServerClass
    scene: Scene
    shows: Callable[[Evidence], bool]
    """Tell from the evidence of a run whether the symptom is there."""

    @property
    def lines_to_mend(self) -> tuple[int, ...]:
        """The marked lines of `broken`, counted from 1 in its file."""
        lines, first = inspect.getsourcelines(self.broken)
        return tuple(
            first + place for place, line in enumerate(lines) if line.rstrip().endswith(MARK)
        )

    async def look(self, server_class: ServerClass) -> Evidence:
        """Run a server through this pitfall's scene; best in virtual time: `run(pitfall.look(pitfall.broken))`."""
        return await play(self.scene, server_class)
