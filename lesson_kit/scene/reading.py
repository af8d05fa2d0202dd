"""Texts in plain JSON of many shapes: who said what, how long it is, how long it took to come."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Any

__all__ = ["delays", "size", "texts"]


def texts(items: Any) -> list[tuple[str, str]]:
    """List (role or type, text) of each item, in order; a text alone is what the user said. Never raises."""
    if isinstance(items, str):
        return [("user", items)]
    if not isinstance(items, list):
        return [("unknown", str(items)[:200])]
    return [_read(item) for item in items]


def _read(item: Any) -> tuple[str, str]:
    if not isinstance(item, dict):
        return "unknown", str(item)[:200]
    role = item.get("role") or item.get("type") or "unknown"
    body = next((item[key] for key in ("content", "output", "arguments") if item.get(key)), "")
    return str(role), _words(body)


def _words(body: Any) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, dict):
        return str(body.get("text") or body.get("refusal") or "")
    return "".join(map(_words, body)) if isinstance(body, list) else str(body)


def size(value: Any) -> int:
    """Count the characters of a text, or of all texts in a list."""
    if isinstance(value, str):
        return len(value)
    return sum(map(size, value)) if isinstance(value, list | tuple) else 0


def delays(made: list[tuple[float, int]], shown: list[tuple[float, int]]) -> list[float]:
    """Seconds until each piece was shown. `made`: (time, characters); `shown`: (time, characters shown by then)."""
    lengths = list(accumulate((length for _, length in shown), max))
    found, total = [], 0
    for t, length in made:
        total += length
        place = bisect_left(lengths, total)
        if place < len(lengths):
            found.append(round(shown[place][0] - t, 9))
    return found
