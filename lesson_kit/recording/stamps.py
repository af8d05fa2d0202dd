"""Wall-clock stamps, replaced by constants so that the same script gives the same bytes."""

from __future__ import annotations

from typing import Any

from .moment import Event

__all__ = ["STAMP", "without_stamps"]

STAMP = "2000-01-01T00:00:00"

_STAMPS = frozenset({"created_at", "updated_at", "completed_at", "expires_at"})
# Free-form objects in ChatKit's types: what stands in them is content, whatever it is called.
_FREE = frozenset({"arguments", "data", "metadata", "output", "payload"})


def without_stamps(event: Event) -> Event:
    """Copy an event with each wall-clock stamp replaced by `STAMP`, and each workflow's duration by 0.

    ChatKit stamps with `datetime.now()`, which virtual time does not reach. A reasoning workflow's `duration` is the
    difference of two such stamps, in whole seconds (chatkit/agents.py, end_workflow).
    """
    plain: Event = _plain(event)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name: _field(name, entry) for name, entry in value.items()}


def _field(name: str, value: Any) -> Any:
    if name in _STAMPS:
        return STAMP
    if name in _FREE and isinstance(
        value, dict
    ):  # a dict: a thread's page of items is a *list* called data
        return value
    if name == "summary" and isinstance(value, dict) and "duration" in value:
        return {**value, "duration": 0}
    return _plain(value)
