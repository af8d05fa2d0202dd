"""The figures of a diagnosis: what was measured, healthy or not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from .facts import Facts
from .surroundings import kept_enough

__all__ = ["figures"]


def figures(facts: Facts) -> dict[str, Any]:
    """Sum up the probes: seconds, counts and plain words. What could not be measured is left out."""
    found: dict[str, Any] = {}
    first, answer = facts.first(), facts.probe("answer")
    if first:
        found["deltas"] = first["deltas"]
        found["model_deltas"] = len(answer["made"])
        if first["done"]:
            found["streams"] = first["deltas"] > 1
        if first["times"]:
            found |= _times(first["times"], answer["made"])
    if (left := facts.probe("leave")) and left["shown"]:
        found["deltas_after_disconnect"] = left["after"]
        found["partial_saved"] = kept_enough(left)
    if (closed := facts.probe("close")) and closed["shown"]:
        found["partial_saved_after_aclose"] = kept_enough(closed)
    if facts.probe("interrupt").get("streaming"):
        found["second_message"] = second_message(facts.probe("interrupt"))
    if answer:
        found["answers_kept"] = len(answer["kept"])
        asked = [call for call in answer["asked"] if "beta" in call["text"]]
        if asked:
            found["history_reaches_model"] = any(c["linked"] or "alpha" in c["text"] for c in asked)
    if (same := facts.probe("same_ids")) and first and first["done"]:
        found["answers_kept_with_one_id"] = len(same["kept"])
    for name in ("silence", "model_error", "slow_reader"):
        if facts.probe(name) and first and first["deltas"]:
            found[name] = _ending(facts.probe(name))
    if facts.probe("blocks"):
        found["loop_blocked"] = bool(
            facts.probe("blocks")["held"] or facts.probe("blocks")["sleeps"]
        )
    return found


def _times(seen: list[float], made: list[float]) -> dict[str, Any]:
    delays = [s - m for s, m in zip(seen, made, strict=False)]
    gaps = [b - a for a, b in pairwise(seen)]
    return {
        "first_token": round(seen[0], 3),
        "added_delay_per_delta": round(max(delays, default=0.0), 3),
        "longest_gap": round(max(gaps, default=0.0), 3),
    }


def second_message(seen: dict[str, Any]) -> str:
    """Put into words what a second message on a thread does."""
    if seen["second"]["errors"] and not seen["second"]["deltas"]:
        return "is refused"
    if seen["after"] > 3:
        return "both answers run at once"
    if seen["made_first"] >= 60:
        return "waits for the first answer"
    return "stops the first answer"


def _ending(seen: dict[str, Any]) -> str:
    at = f"at {seen['seconds']:g} s"
    if seen["errors"]:
        return f"error event {at}"
    if seen["ended"] == "end":
        return f"finished {at}" if seen["done"] else f"ended without a message {at}"
    endings = {
        "waits": "waits without end", "cancelled": f"cancels its reader {at}", "error": f"raises {at}",
    }  # fmt: skip
    return endings.get(seen["ended"], str(seen["ended"]))
