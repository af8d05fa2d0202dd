"""One answer in the making, which may be stopped; and the rule of one turn per thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, Literal

from chatkit.errors import CustomStreamError

from ..observe import TurnObserver
from ..store.owner import user_of
from .elsewhere import Elsewhere

logger = logging.getLogger(__name__)

Why = Literal["reader left", "new message", "shutdown"]

# How long (seconds) a new turn waits for the one that it stops. Stopping takes milliseconds; a store that hangs
# must not make the thread unusable.
PATIENCE = 5.0

# The turn that the current request belongs to. ChatKit hands `respond` the thread and the message, but nothing
# that could tell it that the reader has left; a context variable crosses the SDK without patching it.
current_turn: contextvars.ContextVar[Turn | None] = contextvars.ContextVar(
    "lesson_kit_turn", default=None
)


class Refused(CustomStreamError):
    """The server takes no further turn now; the user may try again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, allow_retry=True)


class Turn:
    """One answer in the making. `stop` is safe from any callback of the loop; only the first reason counts."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex  # no other server's turn has it
        self.user = ""  # whose thread it answers on
        self.began = asyncio.get_running_loop().time()  # seconds on the loop's clock
        self.stopped: Why | None = None
        self.heard = 0  # text deltas of the model that have come through the SDK
        self.finished = asyncio.Event()
        self.told = TurnObserver()  # whoever watches the server; nobody, until `respond` says who
        self._on_stop: list[Callable[[], None]] = []

    def stop(self, why: Why) -> None:
        if self.stopped is None:
            self.stopped = why
            for callback in self._on_stop:
                callback()

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call back when the turn is stopped; at once if it already is."""
        self._on_stop.append(callback)
        if self.stopped:
            callback()


class Turns:
    """The turns in progress: at most one a thread, at most `most` in all.

    They live in this process; `elsewhere` knows those of other processes on the same database. `user_of` gives the
    user's name out of a request's context, as the store has it.
    """

    def __init__(
        self, most: int, elsewhere: Elsewhere, user_of: Callable[[Any], str] = user_of
    ) -> None:
        self.most = most
        self._elsewhere = elsewhere
        self._user_of = user_of
        self.closing = False
        self.active: dict[str, Turn] = {}
        # The loop holds tasks weakly: a task that nobody else holds may vanish in the middle of its work.
        self._tasks: set[asyncio.Task[Any]] = set()

    def keep(self, work: Coroutine[Any, Any, None], turn: Turn | None = None) -> asyncio.Task[None]:
        """Run work in a task of its own, which no reader's leaving can cancel."""
        context = contextvars.copy_context()
        context.run(current_turn.set, turn)
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop_thread(self, thread_id: str, why: Why, context: Any) -> None:
        """Stop the thread's turn, if any, and wait until what arrived is saved.

        Another user's turn is not there: nobody stops it by guessing its thread's id.
        """
        turn = self.active.get(thread_id)
        if turn and turn.user == self._user_of(context):
            await self._stop(turn, thread_id, why)
        await self._elsewhere.stop(thread_id, context)

    async def _stop(self, turn: Turn, thread_id: str, why: Why) -> None:
        turn.stop(why)
        try:
            async with asyncio.timeout(PATIENCE):
                await turn.finished.wait()
        except TimeoutError:
            logger.warning(
                "a stopped turn on thread %s did not end within %s s", thread_id, PATIENCE
            )

    @contextlib.asynccontextmanager
    async def take(self, thread_id: str, turn: Turn, context: Any) -> AsyncIterator[None]:
        """Hold the thread for one turn; whoever holds it already is stopped first.

        Raises `Refused` when the server is full or shutting down.
        """
        self._refuse_or_pass(thread_id)
        waited_for: Turn | None = None
        # Of several turns that waited for the same one, another may have taken the thread first: then that one is next.
        while (held := self.active.get(thread_id)) not in (None, turn, waited_for):
            waited_for = held
            await self.stop_thread(thread_id, "new message", context)
            self._refuse_or_pass(thread_id)
        turn.user = self._user_of(context)
        self.active[thread_id] = turn
        try:
            overtaken = partial(turn.stop, "new message")
            await self._elsewhere.begin(thread_id, turn.id, overtaken, context)
            yield
        finally:
            turn.finished.set()
            if self.active.get(thread_id) is turn:  # a successor may have given up waiting for us
                del self.active[thread_id]
            if self._elsewhere.shared:  # in a task: whoever was cancelled could not wait for it
                self.keep(self._elsewhere.end(turn.id))

    def _refuse_or_pass(self, thread_id: str) -> None:
        if self.closing:
            raise Refused("The server is shutting down. Please ask again in a moment.")
        if thread_id not in self.active and len(self.active) >= self.most:
            raise Refused(
                f"The server is answering {self.most} conversations, which is all it can. "
                "Please try again in a moment."
            )

    def stop_all(self, why: Why) -> None:
        for turn in list(self.active.values()):
            turn.stop(why)

    async def drain(self) -> None:
        """Wait until every turn has ended and saved."""
        while self._tasks:
            await asyncio.wait(self._tasks)
