"""Plain text from strangers: safe to print, short enough to read."""

from __future__ import annotations

import re

__all__ = ["cut", "one_line", "plain", "seconds"]

# What a terminal or a page could act on instead of showing it: control characters (an escape sequence begins with
# one), halves of surrogate pairs, non-characters, and the marks that reorder text around them.
_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def plain(text: str) -> str:
    """Show every character that would act on the reader's screen as U+FFFD; line feeds and tabs stay."""
    return _ACTS.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str, room: int = 60) -> str:
    """Fit text on one line of `room` characters: white space becomes single spaces, what is left out is said."""
    return cut(" ".join(plain(text).split()), room)


def cut(text: str, room: int) -> str:
    """Shorten text to about `room` characters, and say how many are missing."""
    if len(text) <= room + 16:  # the remark would take as much room as the rest
        return text
    return f"{text[:room].rstrip()}… (+{len(text) - room} characters)"


def seconds(t: float) -> str:
    """Write a time for readers: `1.05 s`, `50 ms`, `0.4 ms`, `0 s`; three digits are enough for them."""
    if t == 0:
        return "0 s"
    if abs(t) < 0.9995:
        return f"{float(f'{t * 1000:.3g}'):g} ms" if abs(t) >= 5e-7 else "<1 µs"
    return f"{t:.2f}".rstrip("0").rstrip(".") + " s"
