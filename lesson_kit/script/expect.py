"""Checks of arguments, whose errors say what was expected, what came and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .words import split_words

__all__ = ["as_deltas", "as_seconds", "as_tuple", "expect", "is_count"]


def expect(fits: bool, name: str, wanted: str, came: object) -> None:
    """Raise `TypeError` unless the argument fits."""
    if not fits:
        shown = repr(came)
        if len(shown) > 100:
            shown = f"{shown[:97]}..."
        raise TypeError(f"{name}= takes {wanted}, but {shown} came.")


def as_tuple(name: str, value: Any) -> tuple[Any, ...]:
    """Take a list. A str is none, though Python would go through its letters."""
    fits = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    expect(fits, name, "a list", value)
    return tuple(value)


def as_deltas(name: str, value: Any) -> tuple[str, ...]:
    """Take a text, which is split into words, or a list of texts."""
    deltas = split_words(value) if isinstance(value, str) else as_tuple(name, value)
    expect(
        all(isinstance(delta, str) for delta in deltas), name, "a text, or a list of texts", value
    )
    try:
        "".join(deltas).encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{name}= holds half of a surrogate pair, which cannot be sent as UTF-8. "
            "Write the whole character."
        ) from None
    return deltas


def as_seconds(name: str, value: Any) -> float:
    """Take a number of seconds, 0 or more."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    expect(fits, name, "a number of seconds", value)
    if not (math.isfinite(value) and value >= 0):
        hint = " For a model that never goes on, give stall_at= alone." if value == math.inf else ""
        raise ValueError(f"{name}= must be 0 or more seconds, but {value!r} came.{hint}")
    return float(value)


def is_count(value: object) -> bool:
    """Tell whether this is a whole number from 0 on. True is none, though Python says it is 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
