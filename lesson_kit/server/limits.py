"""Three time limits on one answer, judged where the model speaks, so that a slow reader cannot trip them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

Limit = Literal["first_token", "between_tokens", "total"]


@dataclass(frozen=True)
class Limits:
    """How long to wait for the model, in seconds. `None` switches a limit off.

    The defaults are the seed document's numbers. Nothing in the SDKs has such a trio (ledger A40), and a reasoning
    model may think longer than 15 s: measure, then set them.
    """

    first_token: float | None = 15.0
    between_tokens: float | None = 30.0
    total: float | None = 300.0

    def __post_init__(self) -> None:
        for field in fields(self):
            seconds = getattr(self, field.name)
            if seconds is not None and not seconds > 0:
                raise ValueError(
                    f"Limits({field.name}=...) expected seconds above 0 or None, but got {seconds!r}. "
                    "Use None to wait for ever."
                )


class Watchdog:
    """Calls `expire(which)` when a limit passes.

    It uses timers and no `asyncio.timeout`: a timeout around a `yield` cancels whoever reads the generator, and
    `wait_for(anext(...))` ends the answer silently (ledger, finding 7).
    """

    def __init__(self, limits: Limits, expire: Callable[[Limit], None]) -> None:
        self._limits = limits
        self._expire = expire
        self._loop = asyncio.get_running_loop()
        self._busy_tools = 0
        self._stage: asyncio.TimerHandle | None = None
        self._total = self._timer("total")
        self.expect("first_token")

    def expect(self, which: Limit) -> None:
        """Start the clock for the next sign of life from the model."""
        self._cancel_stage()
        if not self._busy_tools:
            self._stage = self._timer(which)

    def tool_starts(self) -> None:
        """Stop the stage clock: while a tool works, the model's silence is no stall."""
        self._busy_tools += 1
        self._cancel_stage()

    def tool_ends(self) -> None:
        """Expect the model's first token again once the last tool is back."""
        self._busy_tools -= 1
        self.expect("first_token")

    def close(self) -> None:
        self._cancel_stage()
        if self._total:
            self._total.cancel()

    def _timer(self, which: Limit) -> asyncio.TimerHandle | None:
        seconds = getattr(self._limits, which)
        return None if seconds is None else self._loop.call_later(seconds, self._expire, which)

    def _cancel_stage(self) -> None:
        if self._stage:
            self._stage.cancel()
            self._stage = None
