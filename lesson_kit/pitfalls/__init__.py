"""The pitfalls of streaming, each as a broken server beside the mended one.

`PITFALLS` lists them in teaching order: first what keeps an answer from coming, then what happens when the reader
leaves or asks again, then what the model and the store get to see.

    from lesson_kit import run
    from lesson_kit.pitfalls import PITFALLS

    pitfall = PITFALLS["missing_async"]
    evidence = run(pitfall.look(pitfall.broken))
    print(pitfall.shows(evidence), evidence.logged)
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from .evidence import Evidence
from .pitfall import Pitfall
from .scene import Scene

__all__ = ["PITFALLS", "Evidence", "Pitfall", "Scene"]

_IN_TEACHING_ORDER = (
    "blocking_call",
    "forgotten_yield",
    "no_yield",
    "missing_async",
    "request_context",
    "content_as_input",
    "clear_too_soon",
    "unknown_icon",
    "never_done",
    "partial_lost",
    "model_not_stopped",
    "closed_generator",
    "timeout_round_yield",
    "wait_for_anext",
    "no_interruption",
    "no_history",
    "tool_yields",
    "swallowed_error",
    "duplicate_ids",
    "store_without_await",
)


def _load(name: str) -> Pitfall:
    pitfall: Pitfall = importlib.import_module(f".{name}", __name__).PITFALL
    return pitfall


PITFALLS: Mapping[str, Pitfall] = MappingProxyType(
    {name: _load(name) for name in _IN_TEACHING_ORDER}
)
