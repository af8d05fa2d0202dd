"""A shelf: things by id, each kept at the place where it was first put."""

from __future__ import annotations

import bisect
import itertools
from typing import Generic, TypeVar

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf(Generic[T]):
    """Things in the order of their time, then of their arrival."""

    def __init__(self) -> None:
        self._things: dict[str, T] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._order: list[tuple[int, int, str]] = []
        self._arrivals = itertools.count(1)

    def __len__(self) -> int:
        return len(self._things)

    def put(self, key: str, thing: T, at: int) -> None:
        """Put a thing at `at` (microseconds); a key that is here already keeps its first place."""
        if key not in self._things:
            self._places[key] = (at, next(self._arrivals))
            bisect.insort(self._order, (*self._places[key], key))
        self._things[key] = thing

    def get(self, key: str) -> T | None:
        return self._things.get(key)

    def drop(self, key: str) -> None:
        """Take a thing away; do nothing when it is not here."""
        if self._things.pop(key, None) is not None:
            del self._order[bisect.bisect_left(self._order, (*self._places.pop(key), key))]

    def page(self, after: str | None, limit: int, newest_first: bool) -> tuple[list[T], bool]:
        """Return up to `limit` things that follow `after`, with whether more follow.

        Raises `KeyError` when `after` is not here.
        """
        start, stop = 0, len(self._order)
        if after is not None:
            place = bisect.bisect_left(self._order, (*self._places[after], after))
            start, stop = (0, place) if newest_first else (place + 1, stop)
        if newest_first:
            keys = self._order[max(start, stop - limit) : stop][::-1]
        else:
            keys = self._order[start : min(stop, start + limit)]
        return [self._things[key] for *_, key in keys], stop - start > limit
