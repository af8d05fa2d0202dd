"""Texts that nobody can guess: random words for a scene, so that a hard-coded answer fails."""

from __future__ import annotations

from random import Random

__all__ = ["question", "words"]

_SYLLABLES = ("ba", "co", "di", "fe", "gu", "ka", "lo", "mi", "ne", "po", "ra", "su", "ti", "vo", "ze")  # fmt: skip


def word(chance: Random) -> str:
    """Make one word of three syllables."""
    return "".join(chance.choices(_SYLLABLES, k=3))


def words(chance: Random, many: int) -> list[str]:
    """Make that many deltas, all different: each a word with a space before it."""
    return [f" {word(chance)}{number}" for number in range(many)]


def question(chance: Random) -> str:
    """Make a question that a user could type."""
    return f"What is {word(chance)} {word(chance)}?"
