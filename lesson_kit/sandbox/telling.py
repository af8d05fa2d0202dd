"""What a guest's process tells: one line per message, after a token.

The token is new for each job, and only the teller in the child knows it. It is a hurdle, not a wall. It stops a guest
that writes JSON to every descriptor it finds, and noise of libraries. It does not stop a guest that digs the teller out
of the stack or the garbage collector: the code that judges must take every value for the guest's own word.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..recording.moment import parse

__all__ = ["Tell", "Told", "read", "teller"]

Tell = Callable[[str, Any], None]

# Kinds of messages: the walls stand, the act begins; a value of the act; the act has come to its end; what ended it instead.
KINDS = ("start", "value", "end", "exit", "memory", "forbidden", "error")
_JUNK_SHOWN = 80


def teller(descriptor: int, token: str) -> Tell:
    """Make the function that sends one message of a kind; it raises `OSError` when nobody listens any more."""
    # Taken now: a guest may put something else in their places.
    write, dumps, lock = os.write, json.dumps, threading.RLock()

    def tell(kind: str, value: Any) -> None:
        data = f"{token} {kind} {dumps(value, allow_nan=False)}\n".encode()
        with lock:
            while data:
                data = data[write(descriptor, data) :]

    return tell


@dataclass
class Told:
    """What came through: the act's values, the other messages by kind (the first of each), lines that are neither."""

    values: list[Any] = field(default_factory=list)
    messages: dict[str, Any] = field(default_factory=dict)
    junk: int = 0
    example: str = ""

    @property
    def junk_in_words(self) -> str:
        """Say how many lines were dropped, with an example; "" where none was."""
        lines = "1 line" if self.junk == 1 else f"{self.junk} lines"
        return f"{lines} of junk dropped, the first: {self.example!r}" if self.junk else ""


def read(raw: bytes, token: str) -> Told:
    """Read what a guest's process sent. A line without the token, or without sound JSON, is junk."""
    told = Told()
    opening = token.encode() + b" "
    lines = raw.split(b"\n")
    for line in lines:
        if not line:
            continue
        if not line.startswith(opening):
            told.junk += 1
            told.example = told.example or line[:_JUNK_SHOWN].decode("utf-8", "replace")
            continue
        kind, _, text = line.removeprefix(opening).partition(b" ")
        name = kind.decode("ascii", "replace")
        try:
            if name not in KINDS:
                raise ValueError
            value = parse(text)
        except ValueError:
            if line is lines[-1]:
                continue  # a message that was cut off: it said too much
            told.junk += 1
            told.example = told.example or line[:_JUNK_SHOWN].decode("utf-8", "replace")
            continue
        if name == "value":
            told.values.append(value)
        else:
            told.messages.setdefault(name, value)
    return told
