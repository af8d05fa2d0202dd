"""What a page shows of one turn: a question, its answer, and how the answer ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Entry", "State"]

State = Literal[
    "thinking", "answering", "stopping", "done", "stopped", "interrupted", "cut", "error"
]


@dataclass
class Entry:
    """One question and its answer, as `view.js` shows them.

    `times` has the seconds from the request to each text delta, `total` the seconds to the end. `note` says what the
    reader should know or do; `retry` offers to ask again.
    """

    id: str
    question: str
    answer: str = ""
    state: State = "thinking"
    note: str = ""
    retry: bool = False
    times: list[float] = field(default_factory=list)
    total: float | None = None

    @property
    def running(self) -> bool:
        return self.state in ("thinking", "answering", "stopping")

    def shown(self) -> dict[str, Any]:
        """The entry as JSON, for the page."""
        return {**vars(self), "times": list(self.times)}
