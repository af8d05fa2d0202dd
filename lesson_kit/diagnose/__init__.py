"""Diagnose: why does a ChatKit server's stream misbehave, by which line, and what mends it?

It runs the code, and measures; the source only tells the place. What it cannot explain it calls "unknown".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .diagnosing import diagnose
    from .finding import BadInput, Diagnosis, Finding

__all__ = ["BadInput", "Diagnosis", "Finding", "diagnose"]

# Where each name lives. Loaded when it is first used: a child needs none of them, and a command starts the child first.
_HOMES = {
    "BadInput": "finding",
    "Diagnosis": "finding",
    "Finding": "finding",
    "diagnose": "diagnosing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
