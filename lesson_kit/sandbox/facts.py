"""The bare facts of a job: how its process ended and what it sent, before anybody makes sense of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

__all__ = ["Facts"]


@dataclass(frozen=True)
class Facts:
    """`code` is the exit code, below zero a signal's number. `killed` says why we ended the process, "" if not we:
    "cpu", "wall", "asleep" (at the wall limit, and it did not compute), "output".

    `words` are its last words, `sent` the bytes that it sent, `seconds` real ones and `cpu` those of computing.
    """

    code: int = 0
    killed: str = ""
    words: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    sent: bytes = b""

    def header(self) -> bytes:
        """Write all but the bytes sent, and how many those are, as a line of JSON."""
        told = asdict(replace(self, sent=b"")) | {"sent": len(self.sent)}
        return json.dumps(told).encode() + b"\n"
