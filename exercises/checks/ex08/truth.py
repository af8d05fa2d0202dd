"""What the tool should find, and when, by the script."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from lesson_kit.scene import Seen


def shelves_in(seen: Seen) -> list[Any]:
    """The shelves of the scene."""
    shelves = seen.scene.options["shelves"]
    return shelves if isinstance(shelves, list) else []


def total(seen: Seen) -> int:
    return sum(shelf["books"] for shelf in shelves_in(seen))


def dues(seen: Seen, k: int, since: float) -> dict[str, float]:
    """When the search of each shelf begins for user k, in seconds since `since`."""
    shelves = shelves_in(seen)
    began = seen.asked[k].t + seen.scene.replies[k].thinking - since
    begins = accumulate((shelf["seconds"] for shelf in shelves), initial=began)
    return {shelf["name"]: at for shelf, at in zip(shelves, begins, strict=False)}


def closed_name(seen: Seen) -> str:
    return str(next(shelf["name"] for shelf in shelves_in(seen) if shelf.get("closed")))


def failed_at(seen: Seen) -> float:
    """When the search of the closed shelf ended, on the recording's clock."""
    seconds = sum(shelf["seconds"] for shelf in shelves_in(seen)[:2])
    return float(seen.asked[0].t + seen.scene.replies[0].thinking + seconds - seen.sent_at())
