"""How fast each client may ask: a token bucket for each, on the loop's clock."""

from __future__ import annotations

import asyncio

__all__ = ["RateLimit"]

# Buckets kept at most. A full one is forgotten, as a client never seen before has a full one too.
MOST_CLIENTS = 10_000
# Less than a request: what rounding may lack when a client comes back at the very moment that it was told.
ROUNDING = 1e-6


class RateLimit:
    """Lets each client make `burst` requests at once and `rate` a second (a float) in the long run.

    Memory is bounded by `most` clients. When more than that are busy at once, the one that was quiet for longest is
    forgotten, which means it may make a burst again.
    """

    def __init__(self, rate: float, burst: int, *, most: int = MOST_CLIENTS) -> None:
        self.rate = rate
        self.burst = burst
        self.most = most
        # client -> (requests left, when that was), the one that asked last at the end
        self._buckets: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str) -> float:
        """Count a request. Returns 0.0 if it may pass, else the seconds until one may; a refused one costs nothing."""
        now = asyncio.get_running_loop().time()
        self._forget(now)
        left, seen = self._buckets.pop(client, (float(self.burst), now))
        left = min(float(self.burst), left + (now - seen) * self.rate)
        wait = 0.0 if left >= 1 - ROUNDING else (1 - left) / self.rate
        self._buckets[client] = (left if wait else left - 1, now)
        return wait

    def _forget(self, now: float) -> None:
        while self._buckets:
            oldest, (left, seen) = next(iter(self._buckets.items()))
            full = left + (now - seen) * self.rate >= self.burst
            if not full and len(self._buckets) < self.most:
                return
            del self._buckets[oldest]
