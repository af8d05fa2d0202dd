"""A verdict on a server: what was found, measured on its own code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..frames import where

__all__ = ["BadInput", "Diagnosis", "Finding"]


class BadInput(ValueError):
    """There is nothing to diagnose: no file, no Python, or no ChatKitServer in it. One clear line says which."""


@dataclass(frozen=True)
class Finding:
    """One fault.

    `cause` is a slug of `lesson_kit.pitfalls`, or "unknown". `file` and `line` (from 1; 0 where no line is known)
    name the line to mend, `evidence` says in words what was measured, `mend` what to do.
    """

    cause: str
    file: str
    line: int
    evidence: str
    mend: str

    def __str__(self) -> str:
        place = where(self.file, self.line) if self.line else self.file
        return f"{self.cause} at {place}\n  seen: {self.evidence}\n  mend: {self.mend}"


@dataclass(frozen=True)
class Diagnosis:
    """All findings in the order in which to mend them, with the figures that were measured (seconds, counts)."""

    findings: tuple[Finding, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.findings

    @property
    def causes(self) -> list[str]:
        """The causes alone, in order, each once."""
        return list(dict.fromkeys(finding.cause for finding in self.findings))

    def as_json(self) -> dict[str, Any]:
        """The shape that `lesson-kit diagnose --json` prints."""
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "figures": dict(self.figures),
        }

    def __str__(self) -> str:
        shown = [f"  {name.replace('_', ' ')}: {value}" for name, value in self.figures.items()]
        told = [f"{number}. {finding}" for number, finding in enumerate(self.findings, 1)]
        head = "\n".join(told) if told else "clean: no known fault was found"
        return "\n".join([head, *(["figures:", *shown] if shown else [])])
