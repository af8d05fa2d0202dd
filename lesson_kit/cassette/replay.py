"""A take as a reply of a script: same words, same moments, same end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..recording.moment import exact
from ..script import Reply
from .take import Piece, Take

__all__ = ["reply"]


def reply(take: Take) -> Reply:
    """Make the reply that says a take again.

    A script has one silence to place, so three things are only near: reasoning is spread evenly over the thinking
    time, unless it came so; tools are called at the end; a fault before the first word comes without reasoning.
    A call that the caller stopped says what was heard, and then nothing more, for ever: nobody knows what would
    have come.
    """
    spoken = [piece for piece in take.pieces if piece.kind == "text"]
    refusal = not spoken and bool(take.words("refusal")) and not take.calls
    if refusal:
        spoken = [piece for piece in take.pieces if piece.kind == "refusal"]
    times = [piece.t for piece in spoken]
    fields: dict[str, Any] = {
        "deltas": [piece.words for piece in spoken],
        "gap": [exact(later - sooner) for sooner, later in pairwise(times)],
        "reasoning": take.words("reasoning"),
        "calls": take.calls if take.ending == "done" else (),
        "usage": take.usage,
        "refusal": refusal,
        "item_id": take.item_id,
    }
    return Reply(**fields, **_silences(take, times), **_end(take, len(spoken)))


def _silences(take: Take, times: Sequence[float]) -> dict[str, Any]:
    """Place the thinking time and one silence, at the end or before the first delta."""
    first = times[0] if times else take.t
    if take.ending == "stopped":
        return {"thinking": first, "stall_at": len(times)}
    rest = exact(take.t - times[-1]) if times else 0.0
    if rest:
        return {"thinking": first, "stall_at": len(times), "stall_for": rest}
    thinking = _thinking(take.pieces, first)
    silence = exact(first - thinking)
    return {"thinking": thinking} | ({"stall_at": 0, "stall_for": silence} if silence else {})


def _thinking(pieces: Sequence[Piece], first: float) -> float:
    """Find the thinking time over which a script would spread the reasoning as it was heard, or give `first`."""
    heard = [piece.t for piece in pieces if piece.kind == "reasoning"]
    if not heard:
        return first
    raw = heard[-1] * (len(heard) + 1) / len(heard)
    for thinking in (first, *(round(raw, digits) for digits in (3, 6, 9))):
        spread = [round(thinking * k / (len(heard) + 1), 9) for k in range(1, len(heard) + 1)]
        if spread == heard and thinking <= first:
            return thinking
    return first


def _end(take: Take, place: int) -> dict[str, Any]:
    if take.ending == "cut":
        return {"end_at": place}
    if take.fault:
        return {"error": take.fault.source, "error_at": place}
    return {}
