"""The attack bank: hostile answers by family, legitimate texts that talk about HTML, and how to split both."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

__all__ = ["ATTACKS", "LEGITIMATE", "Attack", "Talk"]

HERE = Path(__file__).parent


class Attack(NamedTuple):
    """One hostile answer, as the deltas in which it arrives."""

    family: str
    name: str
    deltas: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.deltas)


class Talk(NamedTuple):
    """A harmless text about HTML, and the words that a reader must still find in it."""

    name: str
    text: str
    words: tuple[str, ...]


def _attacks() -> list[Attack]:
    bank = tomllib.loads((HERE / "payloads.toml").read_text(encoding="utf-8"))
    return [
        # A payload is a text, or a list of the deltas into which it is cut.
        Attack(family, name, (payload,) if isinstance(payload, str) else tuple(payload))
        for family, payloads in bank.items()
        for name, payload in payloads.items()
    ]


def _legitimate() -> list[Talk]:
    bank = tomllib.loads((HERE / "legitimate.toml").read_text(encoding="utf-8"))
    return [Talk(name, entry["text"], tuple(entry["words"])) for name, entry in bank.items()]


ATTACKS = _attacks()
LEGITIMATE = _legitimate()
