"""What an operator watches: the turns of one server as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .observe import TurnFacts, TurnObserver

__all__ = ["OUTCOMES", "Meter"]

OUTCOMES = ("done", "stopped", "interrupted", "error", "timeout", "refused")

# Seconds. Gaps between deltas start at some 5 ms; a reasoning model may think for a minute.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)


class Meter(TurnObserver):
    """The metrics of one server, in a registry of its own.

    Its own registry, because prometheus_client's default one is global: two servers in one process (every test, every
    notebook) would add to the same numbers.

    Error rate and throughput are left to the reader: `rate()` over these counters gives both for any window, while
    a gauge of a rate could not be added up over servers (ledger A53).
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter(
            "lesson_kit_turns", "Turns that ended, by outcome.", ["outcome"], registry=self.registry
        )
        self._active = Gauge(
            "lesson_kit_active_turns", "Turns in progress.", registry=self.registry
        )
        self._deltas = Counter(
            "lesson_kit_model_deltas",
            "Text deltas that the model produced, read by a client or not.",
            registry=self.registry,
        )
        self._first_token = Histogram(
            "lesson_kit_first_token_seconds",
            "From the start of a turn to its first text delta.",
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._gap = Histogram(
            "lesson_kit_delta_gap_seconds",
            "Between one text delta of a turn and the next.",
            registry=self.registry,
            buckets=BUCKETS,
        )
        # A series that exists from the start reads 0 instead of "no data", and rate() sees its first step.
        for outcome in OUTCOMES:
            self._turns.labels(outcome)

    def turn(self, facts: TurnFacts) -> Meter:
        """Give what counts this turn: the meter itself, since it knows no turn from another."""
        return self

    def turn_started(self) -> None:
        self._active.inc()

    def first_token(self, seconds: float) -> None:
        """Note the wait (seconds) from the start of a turn to its first text delta."""
        self._first_token.observe(seconds)

    def model_delta(self, seconds_since_previous: float | None) -> None:
        """Count one text delta; None for the first of a turn, which ends a wait and not a gap."""
        self._deltas.inc()
        if seconds_since_previous is not None:
            self._gap.observe(seconds_since_previous)

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        """Count a turn that ended. Raises `ValueError` for an outcome that is not in `OUTCOMES`."""
        if outcome not in OUTCOMES:
            raise ValueError(
                f"A turn ends as one of {', '.join(OUTCOMES)}, but got {outcome!r}. "
                "Choose one of these: a misspelt outcome would make a metric that nobody looks at."
            )
        self._active.dec()
        self._turns.labels(outcome).inc()
