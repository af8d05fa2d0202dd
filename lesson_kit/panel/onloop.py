"""Calls that belong on one loop, from whichever thread they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["on_loop", "running_loop"]


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Give the loop that runs here, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def on_loop(loop: asyncio.AbstractEventLoop | None, action: Callable[[], object]) -> None:
    """Call `action` on `loop`: handed over to its thread, or at once where that is this one or the loop is gone."""
    if loop is None or loop.is_closed() or running_loop() is loop:
        action()
    else:
        loop.call_soon_threadsafe(action)
