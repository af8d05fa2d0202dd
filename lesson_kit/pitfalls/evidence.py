"""What one run of a server left behind: the facts by which a pitfall is recognised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..recording import Failure, Recording
from ..watch import Blockage

__all__ = ["Evidence"]


@dataclass
class Evidence:
    """The facts of one run, seen from every side."""

    recordings: list[Recording] = field(default_factory=list)
    """What the user saw, one recording per question."""
    made: int = 0
    """Text deltas that the model made, read or not."""
    asked: list[Any] = field(default_factory=list)
    """What the model was asked: the full input of each call."""
    saved: list[tuple[str, str]] = field(default_factory=list)
    """What the store held when all had ended: (kind of item, text), oldest first."""
    saved_without_awaits: list[tuple[str, str]] = field(default_factory=list)
    """The same, from a second run on the server's own store; empty where only one run was made."""
    tasks_left: int = 0
    """Tasks that still waited a minute after the last reader had gone."""
    warnings: list[str] = field(default_factory=list)
    """Python's warnings, as `Category: message`."""
    logged: list[str] = field(default_factory=list)
    """What the SDKs and the server wrote to their logs as a warning or an error."""
    blocked: list[Blockage] = field(default_factory=list)
    """The lines that blocked the loop, in real seconds."""
    neighbour_wait: float = 0.0
    """The longest real time, in seconds, that a second, innocent stream waited for its next event."""

    @property
    def blocked_seconds(self) -> float:
        """How long the loop was blocked in all, in real seconds."""
        return sum(block.seconds for block in self.blocked)

    @property
    def errors(self) -> list[Failure]:
        """The error events that the user met."""
        return [error for recording in self.recordings for error in recording.errors]

    @property
    def answers(self) -> list[str]:
        """The assistant's messages that were saved, oldest first."""
        return answers(self.saved)

    @property
    def seen(self) -> list[str]:
        """The assistant's text that the user saw, one per question; "" where there was none."""
        return [recording.text for recording in self.recordings]


def answers(saved: list[tuple[str, str]]) -> list[str]:
    """Pick the assistant's messages out of what a store held."""
    return [text for kind, text in saved if kind == "assistant_message"]
