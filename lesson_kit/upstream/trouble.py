"""What goes wrong with one request, between the model and its client."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from ..script import Reply

__all__ = ["BrokenChunk", "Reset", "Trouble"]

_PLACES = ("stall", "error", "reset", "malformed")
_WRITTEN = re.compile(r"(ok|\d{3}|slow|stall|error|reset|malformed)(?:([:+])(\d+(?:\.\d+)?))?")
FORMS = "ok, 503, 429+2 (Retry-After in seconds), slow:10, stall:3, error:3, reset:3, malformed:3"


class Reset(Exception):
    """The connection breaks here."""


class BrokenChunk(Exception):
    """A chunk comes here that is no JSON."""


@dataclass(frozen=True)
class Trouble:
    """One request's bad luck. "At N" means: after N text deltas, when the next one is due.

    A `status` refuses the request, and uses up no reply of the script. Raises `ValueError` for what cannot happen.
    """

    status: int | None = None  # this HTTP error instead of an answer: 400 to 599
    retry_after: float | None = None  # seconds, in the header Retry-After of that error
    slow: float = 0.0  # seconds before the status line
    stall_at: int | None = None  # silence for ever
    error_at: int | None = None  # an error event in the stream, whose status is 200 already
    reset_at: int | None = None  # the connection breaks
    malformed_at: int | None = None  # a chunk that is no JSON, and the end

    def __post_init__(self) -> None:
        given = [name for name in _PLACES if getattr(self, f"{name}_at") is not None]
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError(f"status= takes an HTTP error, 400 to 599, but {self.status!r} came.")
        if len(given) + (self.status is not None) > 1:
            came = ", ".join(["status"] * (self.status is not None) + [f"{n}_at" for n in given])
            raise ValueError(f"a Trouble takes one fault, but {came} came. Give one for each try.")
        if self.retry_after is not None and self.status is None:
            raise ValueError("retry_after= needs a status=, such as Trouble(429, retry_after=2).")
        for name in ("retry_after", "slow", *(f"{name}_at" for name in _PLACES)):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"{name}= must be 0 or more, but {value!r} came.")

    @classmethod
    def parse(cls, written: str) -> Trouble:
        """Read the short form of the command line; see `FORMS`. Raises `ValueError`."""
        found = _WRITTEN.fullmatch(written.strip().lower())
        if found is None:
            raise ValueError(f"expected one of {FORMS}, but {written!r} came.")
        word, sign, number = found.groups()
        fields: dict[str, Any] = {}
        if word.isdigit():
            fields = {"status": int(word), "retry_after": float(number) if number else None}
            fits = sign != ":"
        elif word == "slow":
            fields, fits = {"slow": float(number or 0)}, sign == ":"
        elif word in _PLACES:
            fits = sign == ":" and "." not in number
            fields = {f"{word}_at": int(number)} if fits else {}
        else:
            fits = number is None
        if not fits:
            raise ValueError(f"expected one of {FORMS}, but {written!r} came.")
        return cls(**fields)

    def spoil(self, reply: Reply) -> Reply:
        """The reply as this trouble lets it be said. A place behind its last delta is the last."""

        def place(at: int) -> int:
            return min(at, len(reply.deltas))

        if self.stall_at is not None:
            return dataclasses.replace(reply, stall_at=place(self.stall_at), stall_for=None)
        faults: tuple[tuple[int | None, Any], ...] = (
            (self.error_at, "stream"),
            (self.reset_at, Reset),
            (self.malformed_at, BrokenChunk),
        )
        for at, error in faults:
            if at is not None:
                return dataclasses.replace(reply, error=error, error_at=place(at), end_at=None)
        return reply
