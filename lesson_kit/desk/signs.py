"""What a status is called on a card: a sign beside a word, so that no colour is needed."""

from __future__ import annotations

from typing import NamedTuple

from ..grader.result import Status
from .sheet import Tone

__all__ = ["SIGNS", "Sign"]


class Sign(NamedTuple):
    mark: str
    word: str
    tone: Tone = "bad"


SIGNS: dict[Status, Sign] = {
    "passed": Sign("✓", "passed", "good"),
    "failed": Sign("✗", "failed"),
    "not_reached": Sign("○", "not reached", "quiet"),
    "syntax_error": Sign("✗", "syntax error"),
    "missing": Sign("✗", "missing"),
    "timeout": Sign("✗", "no end in time"),
    "blocked_loop": Sign("✗", "loop blocked"),
    "crashed": Sign("✗", "crashed"),
    "out_of_memory": Sign("✗", "out of memory"),
    "forbidden": Sign("✗", "not allowed"),
    "grader_error": Sign("!", "check broken", "strong"),
}
