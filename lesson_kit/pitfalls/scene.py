"""A scene: the conversation, the fault and the store that make a pitfall show itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..script import Script

__all__ = ["WORDS", "Scene"]

WORDS = "".join(f" w{number}" for number in range(50))


@dataclass(frozen=True)
class Scene:
    """What happens to the server.

    All times are seconds on the loop's clock. The default is one question, read to its end.
    """

    script: Script
    """What the model says."""
    questions: tuple[str, ...] = ("Why stream?",)
    """Asked one after the other, on one thread."""
    leave_after: int | None = None
    """The reader disconnects after so many text deltas of each answer."""
    interrupt_after: float | None = None
    """Each later question comes so long after the one before, whether that is answered or not."""
    read_delay: float = 0.0
    """A slow reader: it waits so long before it takes a chunk."""
    latency: float = 0.02
    """Every call of the store takes so long."""
    own_store_too: bool = False
    """Play the scene a second time on the store that the server makes for itself."""
    neighbour: bool = False
    """Another, innocent stream runs on the same loop meanwhile."""
