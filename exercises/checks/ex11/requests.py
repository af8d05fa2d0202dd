"""Whom an answer of ex11 asked, when, and what came of it on the screen."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeGuard

from pydantic import JsonValue

from lesson_kit.scene import Seen

from .failures import QUICK


def calls(seen: Seen, k: int = 0) -> list[int]:
    """The calls of the model that were made for question k."""
    wanted = seen.scene.asks[k].text
    return [
        call
        for call in range(len(seen.asked))
        if [text for role, text in seen.asked_texts(call) if role == "user"][-1:] == [wanted]
    ]


def model_of(seen: Seen, call: int) -> str:
    """Which model was asked: "main" or "spare"."""
    return "spare" if "spare" in seen.asked[call].instructions else "main"


def pauses(seen: Seen, k: int = 0) -> list[float]:
    """Seconds from each failed try until the next one."""
    asked = [seen.asked[call].t for call in calls(seen, k)]
    return [after - before - QUICK for before, after in pairwise(asked)]


def messages(seen: Seen, k: int = 0) -> list[str]:
    """The texts of the assistant's messages on the screen, the empty ones too."""
    items = [item for item in seen.recording(k).items if item.get("type") == "assistant_message"]
    return ["".join(part.get("text", "") for part in item.get("content", [])) for item in items]


def unannounced(seen: Seen, k: int) -> bool:
    """Whether text came for a message that the browser had not been told of."""
    begun = {item_of(event).get("id") for _, event in seen.events("thread.item.added", k)}
    texts = [event for _, event in seen.events("thread.item.updated", k)]
    return any(event.get("item_id") not in begun for event in texts)


def item_of(event: dict[str, Any]) -> dict[str, Any]:
    item = event.get("item")
    return item if isinstance(item, dict) else {}


def listed(seconds: list[float]) -> str:
    """ "0.51 s, 1.62 s and 2.20 s"."""
    told = [f"{each:.2f} s" for each in seconds]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1]))) if told else "none"


def paused(seen: Seen) -> list[tuple[list[float], JsonValue]]:
    """The calls of `pause` and what each gave."""
    calls: Any = seen.scene.call.args[0] if seen.scene.call else []
    given = seen.returned if isinstance(seen.returned, list) else []
    return list(zip(calls, [*given, *["nothing"] * len(calls)], strict=False))


def call_of_pause(args: list[float]) -> str:
    return f"pause({', '.join(f'{each:g}' for each in args)})"


def seconds_of(given: JsonValue) -> str:
    return f"{given:,.2f} s"[:60] if is_number(given) else str(given)[:60]


def is_number(given: JsonValue) -> TypeGuard[float]:
    return isinstance(given, int | float) and not isinstance(given, bool)
