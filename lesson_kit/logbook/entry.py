"""What the deeds of a student in one exercise come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Deed", "Entry", "sum_up"]


@dataclass(frozen=True)
class Deed:
    """One thing that a student did in an exercise.

    `digest` tells answers apart, and is "" for an answer that is no try: the untouched stub. Points and digest only
    belong to attempts.
    """

    kind: Literal["attempt", "hint", "solution"]
    score: float = 0.0
    max_score: float = 0.0
    passed: bool = False
    digest: str = ""


@dataclass(frozen=True)
class Entry:
    """One exercise in the logbook. `tries` are the attempts with an answer that had not been checked before."""

    attempts: int = 0
    tries: int = 0
    best: float = 0.0
    passed: bool = False
    hints: int = 0
    solution_opened: bool = False

    @property
    def started(self) -> bool:
        return self != Entry()


def sum_up(deeds: Iterable[Deed]) -> Entry:
    """Sum up the deeds of one exercise."""
    deeds = list(deeds)
    attempts = [deed for deed in deeds if deed.kind == "attempt"]
    return Entry(
        attempts=len(attempts),
        tries=len({deed.digest for deed in attempts} - {""}),
        best=max((deed.score for deed in attempts), default=0.0),
        passed=any(deed.passed for deed in attempts),
        hints=sum(deed.kind == "hint" for deed in deeds),
        solution_opened=any(deed.kind == "solution" for deed in deeds),
    )
