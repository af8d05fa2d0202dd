"""The turns of other servers on the same database: stopped from here, and ours stopped from there.

A second message may reach another process than the one that still answers the first. The processes share nothing
but their store, so they meet there: each turn stands in a table (`store/turns.py`), and each server looks now and
then whether one of its own has been overtaken. A store without such a table belongs to one server alone, and nothing
here does anything.

The history is put in order by the times that the servers stamp, so their clocks should agree to the second.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..store import StoreError

if TYPE_CHECKING:
    from ..store.turns import SharedTurns

logger = logging.getLogger(__name__)

# How long (seconds) a new turn waits for one in another process. That one stops at its next look and saves within
# milliseconds; a process that was killed never will.
PATIENCE = 5.0


class Elsewhere:
    """What the other servers on a store's database do. `watch_every` is in seconds of the loop's clock."""

    def __init__(self, store: object, watch_every: float) -> None:
        if not 0 < watch_every < PATIENCE:
            raise ValueError(
                f"watch_every expected seconds above 0 and below {PATIENCE:g}, but got {watch_every!r}. "
                "A new turn waits that long for one in another process to notice it."
            )
        self.shared: SharedTurns | None = getattr(store, "shared_turns", None)
        self._every = watch_every
        self._server = uuid.uuid4().hex
        self._held: dict[str, Callable[[], None]] = {}  # turn -> how to stop it
        self._watch: asyncio.Task[None] | None = None
        self._blind = False

    async def stop(self, thread_id: str, context: Any) -> None:
        """Stop the thread's turn in another process, if any, and wait until what arrived is saved."""
        if self.shared is None:
            return
        now = asyncio.get_running_loop().time
        deadline = now() + PATIENCE
        try:
            while await self.shared.overtake(thread_id, self._server, context):
                if now() >= deadline:
                    logger.warning(
                        "the turn of another process on thread %s did not end within %s s",
                        *(thread_id, PATIENCE),
                    )
                    await self.shared.forget(thread_id, self._server)
                    return
                await asyncio.sleep(self._every / 5)
        except StoreError as error:  # what the request needs of the database tells the user
            logger.warning("cannot stop a turn in another process: %s", error)

    async def begin(
        self, thread_id: str, turn: str, stop: Callable[[], None], context: Any
    ) -> None:
        """Let the other servers know of a turn, and call `stop` when one of them takes over.

        A turn of theirs on the same thread is stopped first. `turn` is an id that no other turn has.
        Raises `StoreError` when the database fails, `NotFoundError` when the thread is not there.
        """
        if self.shared is None:
            return
        while not await self.shared.begin(thread_id, self._server, turn, context):
            await self.stop(thread_id, context)
        self._held[turn] = stop
        if self._watch is None:
            self._watch = asyncio.create_task(self._look(self.shared), name="turns elsewhere")

    async def end(self, turn: str) -> None:
        """Tell the other servers that a turn has ended and saved."""
        if self.shared is None:
            return
        self._held.pop(turn, None)
        try:
            await self.shared.end(turn)
        except StoreError as error:  # the next turn there waits a little in vain
            logger.warning("cannot tell other processes that a turn has ended: %s", error)
        if self._watch and not self._held:
            watch, self._watch = self._watch, None
            watch.cancel()
            await asyncio.wait((watch,))

    async def _look(self, shared: SharedTurns) -> None:
        """Stop each turn that has been overtaken: one query at a time, however many turns there are."""
        while True:
            await asyncio.sleep(self._every)
            watched = dict(self._held)  # one that begins during the query is not in its answer yet
            try:
                held = await shared.held(self._server)
            except StoreError as error:
                if not self._blind:  # once, not four times a second
                    logger.warning("cannot see whether turns were overtaken: %s", error)
                self._blind = True
                continue
            self._blind = False
            for turn in watched.keys() - held:
                watched[turn]()
