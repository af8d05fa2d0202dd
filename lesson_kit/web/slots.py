"""How many answers stream at once, in all and for each user."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from .refusal import Refusal

__all__ = ["Slot", "Slots"]

SOON = {"Retry-After": "5"}  # seconds; an answer takes about that


class Slots:
    """The answers that stream now. Each holds a `Slot`, from before its first byte until it has ended."""

    def __init__(self, in_all: int | None, per_user: int | None) -> None:
        self._in_all = in_all
        self._per_user = per_user
        self.held: dict[str, list[Slot]] = {}

    def take(self, user: str, thread_id: str | None) -> Slot:
        """Take a slot for an answer on a thread, None for a new thread.

        A second answer on the same thread passes: the server stops the first for it. Raises `Refusal` 429 when the
        user has no slot left, 503 when the server has none.
        """
        own = self.held.get(user, [])
        on_thread = [slot for slot in own if thread_id is not None and slot.thread_id == thread_id]
        if len(on_thread) != 1:
            if self._per_user is not None and len(own) >= self._per_user:
                raise _full(429, f"{len(own)} answers stream to you already", self._per_user)
            in_all = sum(map(len, self.held.values()))
            if self._in_all is not None and in_all >= self._in_all:
                raise _full(503, f"the server streams {in_all} answers already", self._in_all)
        slot = Slot(self, user, thread_id)
        self.held.setdefault(user, []).append(slot)
        return slot

    def opening(self, user: str) -> int:
        """Count the answers whose new thread is not yet known, so perhaps not yet stored."""
        return sum(slot.thread_id is None for slot in self.held.get(user, []))


class Slot:
    """One answer's place. `release` gives it back; again does nothing."""

    def __init__(self, slots: Slots, user: str, thread_id: str | None) -> None:
        self._slots = slots
        self.user = user
        self.thread_id = thread_id

    def release(self) -> None:
        own = self._slots.held.get(self.user, [])
        if self in own:
            own.remove(self)
        if not own:  # memory stays bounded by who streams now
            self._slots.held.pop(self.user, None)

    def over(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass an answer's events on; give the slot back when they end, in whatever way."""
        return _Watched(self, body)


class _Watched:
    """An iterator and no generator: a cancel must reach the generators of `body`, and nothing of ours is left to close."""

    def __init__(self, slot: Slot, body: AsyncIterator[bytes]) -> None:
        self._slot = slot
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self._body)
        except BaseException:
            self._slot.release()
            raise
        if self._slot.thread_id is None:  # this is the first event of a new thread's answer
            self._slot.thread_id = _thread_created(chunk)
        return chunk

    async def aclose(self) -> None:
        try:
            if hasattr(self._body, "aclose"):
                await self._body.aclose()
        finally:
            self._slot.release()


def _thread_created(chunk: bytes) -> str:
    """Read the new thread's id from the event `thread.created`; "" from any other."""
    try:
        event: Any = json.loads(chunk.removeprefix(b"data: "))
        return str(event["thread"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _full(status: int, came: str, most: int) -> Refusal:
    return Refusal(
        status,
        came,
        expected=f"at most {most} at once",
        next_step="Wait until one has ended, or stop one; then ask again.",
        headers=SOON,
    )
