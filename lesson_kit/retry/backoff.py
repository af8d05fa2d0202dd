"""How long to wait before the next try: longer each time, and never all at the same moment."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """Waits of `first`, `first * factor`, ... seconds, `most` at most, each shortened by chance.

    `jitter` is the share of a wait that chance may take away: 0 takes none, 1 up to all of it. Without it, clients
    that failed at the same moment come back at the same moment. With a `seed` the waits are the same on every run.
    Raises `ValueError` for numbers that make no wait.
    """

    def __init__(
        self,
        first: float = 0.5,
        *,
        factor: float = 2.0,
        most: float = 8.0,
        jitter: float = 0.5,
        seed: int | None = None,
    ) -> None:
        fits = first >= 0 and factor >= 1 and most >= 0 and 0 <= jitter <= 1
        if not fits:
            raise ValueError(
                "Backoff expected first= and most= of at least 0 seconds, factor= of at least 1 and jitter= "
                f"between 0 and 1, but got {first!r}, {most!r}, {factor!r} and {jitter!r}."
            )
        self.first, self.factor, self.most, self.jitter = first, factor, most, jitter
        self._chance = random.Random(seed)

    def wait(self, failed: int, *, retry_after: float | None = None) -> float | None:
        """Seconds until the next try, after `failed` tries (from 1 on).

        A server that says Retry-After gets at least that; one that wants more than `most` gets None: do not try it
        again.
        """
        if retry_after is not None and retry_after > self.most:
            return None
        # The exponent is capped, as a float has its limits too.
        whole = min(self.first * self.factor ** min(failed - 1, 100), self.most)
        drawn = whole * (1 - self.jitter * self._chance.random())
        return max(drawn, retry_after or 0.0)
