"""What a server takes from its clients before it refuses."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["LOOPBACK", "Guard"]

# What a browser calls this machine. A page elsewhere whose name was made to point here sends its own name instead.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*(%\S+)?")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:.]+\](:\d+)?")


@dataclass(frozen=True)
class Guard:
    """The limits of one server; None means no limit.

    body_limit: bytes of a request's body, whatever its Content-Length says.
    body_seconds: seconds from a request's head to the last byte of its body.
    header_limit: bytes of a request's headers, names and values.
    rate, burst: requests a second of one user in the long run, and how many at once.
    turns, turns_per_user: answers that stream at the same time, in all and for one user.
    threads_per_user: threads that one user may have; the store must be able to count them (`count_threads`).
    unread_seconds: seconds that a reader may leave an answer unread before it counts as gone.
    hosts: names under which the server may be called, without ports.
    origins: other sites whose pages may ask, as "https://course.example"; none unless named.

    A user is whom the token names (see `tokens.py`); without tokens, a network address.
    Raises `ValueError` for a limit that is no positive number, and for a host or an origin that is none.
    """

    body_limit: int = 2**20
    body_seconds: float = 30.0
    header_limit: int = 2**15
    rate: float | None = None
    burst: int = 60
    turns: int | None = None
    turns_per_user: int | None = None
    threads_per_user: int | None = None
    unread_seconds: float | None = None
    hosts: frozenset[str] | None = None
    origins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("body_limit", "body_seconds", "header_limit", "burst"):
            _check_positive(name, getattr(self, name))
        for name in ("rate", "turns", "turns_per_user", "threads_per_user", "unread_seconds"):
            if getattr(self, name) is not None:
                _check_positive(name, getattr(self, name))
        for host in self.hosts or ():
            if not _HOST.fullmatch(host):
                raise ValueError(
                    f"A host is like course.example, 192.0.2.1 or ::1, but got {host!r}. "
                    "Write the name alone in lower case, without scheme and port."
                )
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"An origin is like https://course.example or http://localhost:3000, but got {origin!r}. "
                    "Write scheme, name and port in lower case, without a path; '*' is refused on purpose."
                )


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be a number above 0, but it is {value!r}.")
