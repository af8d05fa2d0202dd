"""How the streams of a server do: a small report with units."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from .observe import TurnFacts, TurnObserver

__all__ = ["FAILED", "Health", "Stream", "StreamHealth"]

FAILED = frozenset({"error", "timeout", "refused"})
"""The outcomes that are failures. A user who stops or asks anew breaks an answer off, but nothing failed."""
NEWEST = 1000
"""First tokens that are kept for the median: a server that runs for months must not grow."""


@dataclass(frozen=True)
class Health:
    """A report. A figure that cannot be known yet is None, never 0: nobody waited 0 s because nobody came."""

    started: int
    """Streams that began."""
    active: int
    """Those that have not ended."""
    outcomes: dict[str, int]
    """Those that have, by how they ended."""
    failed: int
    failed_share: float | None
    """Failed streams of all that started, from 0 to 1."""
    without_token: int
    """Streams that ended before their first token."""
    first_token_s: float | None
    """Seconds from the start to the first token: the median of the newest streams."""
    first_token_max_s: float | None
    waiting_s: float | None
    """Seconds that the stream has waited which waits longest for its first token; None when none waits."""
    deltas: int
    deltas_per_second: float | None
    """The speed of one stream while its text flows: without the wait before it, and without pauses in it."""
    pauses: int
    """Gaps too long to count as flowing: a tool at work, or a stall."""


class StreamHealth:
    """Counts streams and measures the speed of their text. One object serves a whole process.

    Time comes from the running loop's clock, which nobody can set back, or from `now`, a function that gives seconds
    (`time.monotonic` outside a loop). A gap of more than `pause` seconds between two deltas is no flowing text.

        health = StreamHealth()
        stream = health.stream()     # started
        stream.delta()               # for each
        stream.end("done")
        health.snapshot().first_token_s

    It is an observer too: `LessonServer(observers=[health])`.
    """

    def __init__(self, *, now: Callable[[], float] | None = None, pause: float = 1.0) -> None:
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._pause = pause
        self._started = self._deltas = self._without_token = self._pauses = 0
        self._outcomes: Counter[str] = Counter()
        self._first_tokens: deque[float] = deque(maxlen=NEWEST)
        self._flowing = 0.0  # seconds
        self._gaps = 0  # in these seconds
        self._active: set[Stream] = set()

    def stream(self, *, began: float | None = None) -> Stream:
        """Count a stream that starts now, or that began at a time of the same clock."""
        self._started += 1
        stream = Stream(self, self._now() if began is None else began)
        self._active.add(stream)
        return stream

    def turn(self, facts: TurnFacts) -> Stream:
        """Count a server's turn as a stream; it began when its request came."""
        return self.stream(began=facts.began)

    def snapshot(self) -> Health:
        """Report on all streams so far."""
        failed = sum(count for outcome, count in self._outcomes.items() if outcome in FAILED)
        now = self._now()
        waits = [now - stream.began for stream in self._active if stream.last is None]
        return Health(
            started=self._started,
            active=len(self._active),
            outcomes=dict(sorted(self._outcomes.items())),
            failed=failed,
            failed_share=failed / self._started if self._started else None,
            without_token=self._without_token,
            first_token_s=statistics.median(self._first_tokens) if self._first_tokens else None,
            first_token_max_s=max(self._first_tokens, default=None),
            waiting_s=max(waits, default=None),
            deltas=self._deltas,
            # A burst is many deltas and no time: it has no speed, rather than one without end.
            deltas_per_second=self._gaps / self._flowing if self._flowing else None,
            pauses=self._pauses,
        )

    def _heard(self, stream: Stream) -> None:
        now = self._now()
        self._deltas += 1
        if stream.last is None:
            self._first_tokens.append(now - stream.began)
        elif now - stream.last > self._pause:
            self._pauses += 1
        else:
            self._flowing += now - stream.last
            self._gaps += 1
        stream.last = now

    def _ended(self, stream: Stream, outcome: str) -> None:
        if stream not in self._active:
            raise RuntimeError(
                f"expected a stream that has not ended, but this one had when {outcome!r} came. "
                "Call end() once, where the stream is over however it went: in a finally."
            )
        self._active.discard(stream)
        self._outcomes[outcome] += 1
        self._without_token += stream.last is None


class Stream(TurnObserver):
    """One stream, from its start to its end. `began` and `last` (its newest delta) are times of the clock."""

    def __init__(self, health: StreamHealth, began: float) -> None:
        self._health = health
        self.began = began
        self.last: float | None = None

    def delta(self) -> None:
        """Note a piece of text that comes now."""
        self._health._heard(self)

    def end(self, outcome: str) -> None:
        """Note the end: "done", or how else. Raises `RuntimeError` for a stream that has ended already."""
        self._health._ended(self, outcome)

    def model_delta(self, seconds_since_previous: float | None) -> None:
        self.delta()

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        self.end(outcome)
