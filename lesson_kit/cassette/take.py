"""A take: one call of a model as it was heard, with times in seconds after the call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from ..script import ToolCall
from .fault import Fault

__all__ = ["ENDINGS", "SPEECH", "Ending", "Piece", "Speech", "Take"]

Speech: TypeAlias = Literal["text", "reasoning", "refusal"]
SPEECH: tuple[Speech, ...] = ("text", "reasoning", "refusal")

# done: the response was completed; error: the call raised; cut: the stream ended without response.completed;
# stopped: the caller left before the model had ended.
Ending: TypeAlias = Literal["done", "error", "cut", "stopped"]
ENDINGS: tuple[Ending, ...] = ("done", "error", "cut", "stopped")


class Piece(NamedTuple):
    """One delta: when it was heard, of which kind, what it said."""

    t: float
    kind: Speech
    words: str


@dataclass
class Take:
    """What one call of a model gave. `ending` says how it ended, at `t` seconds."""

    pieces: list[Piece] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    t: float = 0.0
    ending: Ending = (
        "stopped"  # until something else is known: a call that nobody reads on is stopped
    )
    fault: Fault | None = None
    usage: tuple[int, int] | None = None  # tokens (in, out)
    item_id: str | None = (
        None  # where all items share one, as with Chat Completions (ledger, finding 8)
    )
    left_out: list[str] = field(default_factory=list)  # kinds of output that a Script cannot say
    asked: Any = None  # the model's input, only where it was asked for

    def words(self, *kinds: Speech) -> list[str]:
        """The deltas of these kinds, in order."""
        return [piece.words for piece in self.pieces if piece.kind in kinds]
