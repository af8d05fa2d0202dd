"""A store that never awaits hides a bug that every database has.

The user sees: with the test's store all is well; with a database the text is gone after a disconnect.
Why: a cancel strikes at an await. A store without one cannot be cancelled, so its save always ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
from agents import Model, Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.store import Store
from chatkit.types import ThreadItem, ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from ..store import MemoryStore
from .evidence import Evidence, answers
from .one_turn import OneTurnServer
from .pitfall import Pitfall
from .scene import WORDS, Scene


class DictStore(MemoryStore):
    """Dicts and lists, as in many examples: none of its calls waits for anything."""

    async def _wait(self) -> None:
        return


class Broken(OneTurnServer):
    def __init__(self, model: Model, store: Store[Any] | None = None) -> None:
        super().__init__(model, store or DictStore())  # broken here

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


class Fixed(OneTurnServer):
    def __init__(self, model: Model, store: Store[Any] | None = None) -> None:
        super().__init__(model, store or MemoryStore(latency=0.02))

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)


def _shows(evidence: Evidence) -> bool:
    return bool(answers(evidence.saved_without_awaits)) and not evidence.answers


PITFALL = Pitfall(
    name="store_without_await",
    title="A store without await hides the bug",
    symptom="On the server's own store the partial answer is kept after a disconnect; on a store that awaits, as a database does, it is lost.",
    reason=(
        "A cancel strikes where a task waits. An async def that only changes a dict never waits, so its save always "
        "ends, and every test passes. Test with a store that awaits; then the missing shield in "
        "handle_stream_cancelled shows, and can be mended."
    ),
    ledger=("finding 4",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS), leave_after=10, own_store_too=True),
    shows=_shows,
)
