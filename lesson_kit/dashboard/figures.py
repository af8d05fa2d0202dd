"""The figures that a row of scrapes gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..health import FAILED
from ..scrape import Scrape, by_label, increase, quantile, rate

__all__ = ["Figures", "figures"]

ACTIVE = "lesson_kit_active_turns"
TURNS = "lesson_kit_turns_total"
DELTAS = "lesson_kit_model_deltas_total"
FIRST_TOKEN = "lesson_kit_first_token_seconds"


@dataclass(frozen=True)
class Figures:
    """What a dashboard shows. None is a figure that the scrapes do not give: nothing happened between them."""

    seconds: float = 0.0
    """From the oldest scrape to the newest; all below that is not a total belongs to this time."""
    active: int = 0
    """Turns in progress now."""
    total: dict[str, int] = field(default_factory=dict)
    """Turns that ended since the server began, by outcome."""
    ended: dict[str, int] = field(default_factory=dict)
    """Those that ended in this time."""
    failed_share: float | None = None
    """Failed ones of these, from 0 to 1."""
    first_token_p50: float | None = None
    """Seconds: half of the turns waited no longer. Estimated from buckets, as Prometheus does."""
    first_token_p95: float | None = None
    speed: tuple[tuple[float, float], ...] = ()
    """For each scrape but the first: seconds before the newest (0 or less), deltas per second since the one before."""

    @property
    def deltas_per_second(self) -> float | None:
        """The newest speed: of all streams of the server together."""
        return self.speed[-1][1] if self.speed else None


def figures(scrapes: Sequence[Scrape]) -> Figures:
    """Read the scrapes, oldest first; none give no figures, one gives totals only."""
    if not scrapes:
        return Figures()
    old, new = scrapes[0], scrapes[-1]
    total = {outcome: int(count) for outcome, count in by_label(new, TURNS, "outcome").items()}
    ended = {outcome: int(increase(old, new, TURNS, outcome=outcome)) for outcome in total}
    failed = sum(count for outcome, count in ended.items() if outcome in FAILED)
    speeds = ((after.t - new.t, rate(before, after, DELTAS)) for before, after in pairwise(scrapes))
    return Figures(
        seconds=new.t - old.t,
        active=int(new.value(ACTIVE)),
        total=total,
        ended=ended,
        failed_share=failed / sum(ended.values()) if any(ended.values()) else None,
        first_token_p50=quantile(0.5, old, new, FIRST_TOKEN),
        first_token_p95=quantile(0.95, old, new, FIRST_TOKEN),
        speed=tuple((at, speed) for at, speed in speeds if speed is not None),
    )
