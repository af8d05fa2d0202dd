"""A scrape: all samples of a /metrics page at one moment, and what two of them say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Scrape", "by_label", "increase", "quantile", "rate"]

_Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Scrape:
    """The samples of a moment `t` (seconds). Make one with `of_registry` or `of_text`."""

    t: float
    samples: Mapping[_Key, float]

    @classmethod
    def of_registry(cls, registry: CollectorRegistry, t: float) -> Scrape:
        """Read the registry of this process."""
        return cls._of(registry.collect(), t)

    @classmethod
    def of_text(cls, text: str, t: float) -> Scrape:
        """Read what GET /metrics gave. Raises `ValueError` for a text that is no such page."""
        return cls._of(text_string_to_metric_families(text), t)

    @classmethod
    def _of(cls, families: Iterable[Metric], t: float) -> Scrape:
        return cls(
            t,
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in families
                for sample in family.samples
            },
        )

    def value(self, name: str, **labels: str) -> float:
        """Give one sample; 0.0 where there is none, as a counter that never counted."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)


def by_label(scrape: Scrape, name: str, label: str) -> dict[str, float]:
    """Give the samples of a metric by one of its labels."""
    return {
        dict(labels)[label]: value
        for (found, labels), value in scrape.samples.items()
        if found == name and label in dict(labels)
    }


def increase(old: Scrape, new: Scrape, name: str, **labels: str) -> float:
    """Tell by how much a counter grew. A counter that fell began anew from 0, because its process did."""
    before, after = old.value(name, **labels), new.value(name, **labels)
    return after - before if after >= before else after


def rate(old: Scrape, new: Scrape, name: str, **labels: str) -> float | None:
    """Tell how much a counter grew in a second; None when no time passed between the scrapes.

    Prometheus' own rate() goes by the first and the last scrape of its window too, then stretches the result to the
    window's edges.
    """
    seconds = new.t - old.t
    return increase(old, new, name, **labels) / seconds if seconds > 0 else None


def quantile(q: float, old: Scrape, new: Scrape, name: str) -> float | None:
    """Estimate a quantile (0 to 1) of what a histogram saw between two scrapes; None when it saw nothing.

    As Prometheus' histogram_quantile(): find the bucket, then go along in it as if its values lay evenly. In the
    last bucket, which has no end, the answer is where it starts.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"expected a quantile from 0 to 1, such as 0.95, but got {q!r}.")
    buckets = _buckets(old, new, name)
    total = buckets[-1][1] if buckets else 0.0
    if not total:
        return None
    wanted = q * total
    low, below = 0.0, 0.0
    for upto, count in buckets:
        if count >= wanted and count > below:
            if math.isinf(upto):
                return low
            return low + (upto - low) * (wanted - below) / (count - below)
        low, below = upto, count
    return low


def _buckets(old: Scrape, new: Scrape, name: str) -> list[tuple[float, float]]:
    """The cumulative counts between the scrapes, by upper bound."""
    bounds = by_label(new, f"{name}_bucket", "le")
    return sorted((float(le), increase(old, new, f"{name}_bucket", le=le)) for le in bounds)
