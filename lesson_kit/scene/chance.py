"""Chance in an answer: in the same scene, Python's `random` gives it the same numbers on every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from .scene import Scene

__all__ = ["same_chance"]


@contextmanager
def same_chance(scene: Scene) -> Iterator[None]:
    """Seed `random` with all that the scene says, while the body runs.

    An answer that waits for random times would else be seen differently each time, and might be graded so: a seed of the
    judge makes the scene, and with that the numbers.
    """
    before = random.getstate()
    random.seed(scene.model_dump_json())
    try:
        yield
    finally:
        random.setstate(before)
