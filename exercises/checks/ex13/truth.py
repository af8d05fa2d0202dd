"""The figures of a log, by the book; and those of typical mistakes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from lesson_kit.scene import Seen

PAUSE = 1.0
"""Seconds: a longer gap is a tool at work, or a stall, and no flowing text."""


def log_of(seen: Seen) -> list[Any]:
    log = seen.scene.call.args[0] if seen.scene.call else []
    assert isinstance(log, list)
    return log


class Truth:
    """The figures of a log, by the book."""

    def __init__(self, log: list[Any]) -> None:
        self.began = {name: t for t, what, name in log if what == "started"}
        self.ended = [name for _, what, name in log if what in ("ended", "failed")]
        self.failed = sum(what == "failed" for _, what, _ in log)
        self.times: dict[str, list[float]] = {}
        for t, what, name in log:
            if what == "delta":
                self.times.setdefault(name, []).append(t)
        self.deltas = sum(map(len, self.times.values()))
        self.waits = [times[0] - self.began[name] for name, times in self.times.items()]
        self.gaps = [b - a for times in self.times.values() for a, b in pairwise(times)]
        self.flowing = [gap for gap in self.gaps if gap <= PAUSE]
        everything = sorted((t, name) for name, times in self.times.items() for t in times)
        first = {(times[0], name) for name, times in self.times.items()}
        # What those measure who do not tell streams apart: with first deltas, and without them.
        self.mixed = [b[0] - a[0] for a, b in pairwise(everything)]
        self.since_any = [b[0] - a[0] for a, b in pairwise(everything) if b not in first]
        self.elapsed = log[-1][0] - log[0][0]


def p95(gaps: list[float]) -> float:
    return sorted(gaps)[math.ceil(0.95 * len(gaps)) - 1]


def rate(gaps: list[float]) -> float:
    """The speed that the short ones of these gaps would make."""
    short = [gap for gap in gaps if gap <= PAUSE]
    return len(short) / sum(short)
