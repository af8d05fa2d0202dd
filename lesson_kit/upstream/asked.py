"""One request that the upstream got, as its log keeps it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Asked", "Ended"]

# whole: all was sent. refused: an HTTP error. broken: the upstream broke off. left: the client went away.
Ended = Literal["open", "whole", "refused", "broken", "left"]


def _now() -> float:
    return round(asyncio.get_running_loop().time(), 9)


@dataclass
class Asked:
    """A request and what became of it. `t` is loop time in seconds.

    `retry` is how often the OpenAI client has tried before: it says so in the header `x-stainless-retry-count`.
    `status` is None until the status line has been sent; `deltas` counts the text deltas that were sent.
    """

    path: str  # "responses" or "chat/completions"
    stream: bool
    model: str
    retry: int = 0
    t: float = field(default_factory=_now)
    status: int | None = None
    deltas: int = 0
    ended: Ended = "open"

    def __str__(self) -> str:
        kind = "stream" if self.stream else "whole"
        status = "no status" if self.status is None else self.status
        again = f", try {self.retry + 1} of the client" if self.retry else ""
        sent = f"{self.deltas} deltas, " if self.stream else ""
        return f"POST /v1/{self.path} ({kind}{again}): {status}, {sent}{self.ended}"
