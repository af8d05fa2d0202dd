"""A moment: one event of a stream with the time at which it came."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

__all__ = ["MAX_DEPTH", "Event", "Moment", "as_wire", "exact", "parse"]

Event = dict[str, Any]

# ChatKit's deepest widgets nest some twenty levels. Far above that is an attack on Python's recursion limit.
MAX_DEPTH = 100


class Moment(NamedTuple):
    """One event as the wire carried it, with its time in seconds since the request was sent."""

    t: float
    event: Event


def exact(t: float) -> float:
    """Round a time in seconds to the nanosecond: loop times are whole nanoseconds, their differences are not."""
    return (
        round(float(t), 9) + 0.0
    )  # + 0.0 turns -0.0 into 0.0, which prints and compares as one thing


def as_wire(event: BaseModel | Mapping[str, Any]) -> Event:
    """Copy a ChatKit event, model or dict, into the JSON object that the wire carries.

    The copy is made at once because the Agents bridge goes on changing what it has sent: a streamed thought is
    one object, grown in place (chatkit/agents.py, `streaming_thought.task.content += ...`).

    Raises `TypeError` for anything else, `ValueError` for what JSON cannot say (NaN, endless nesting).
    """
    if isinstance(event, BaseModel):
        # The same options as ChatKitServer._serialize (chatkit/server.py), so a model and its bytes record alike.
        text = event.model_dump_json(
            by_alias=True, exclude_none=True, context={"exclude_metadata": True}
        )
    elif isinstance(event, Mapping):
        text = _json(event)
    else:
        raise TypeError(
            f"expected a chatkit event or its dict, but got {type(event).__name__}. "
            "Record what the stream yields, event by event."
        )
    wire: Event = parse(text)
    return wire


def _json(event: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(event), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"expected an event of plain JSON values, but it cannot be written as JSON: {error}. "
            "Pass the chatkit event itself, or its model_dump(mode='json')."
        ) from None


def parse(text: str | bytes) -> Any:
    """Parse JSON from strangers: raises `ValueError` also for NaN, numbers without end, nesting without end."""
    try:
        value = _DECODER.decode(text if isinstance(text, str) else _text(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # Counting brackets is quick, and no value is deeper than it has brackets.
    brackets = (
        text.count(b"{") + text.count(b"[")
        if isinstance(text, bytes)
        else text.count("{") + text.count("[")
    )
    if brackets > MAX_DEPTH and _too_deep(value):
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number")
    return number


# One for all: `json.loads` makes a decoder for each text, which takes longer than reading a short one.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _text(data: bytes) -> str:
    # As `json.loads` reads bytes, lone surrogates included.
    return data.decode(json.detect_encoding(data), "surrogatepass")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
