"""A second message does not stop the first answer.

The user sees: the old answer goes on after the new question was asked.
Why: ChatKit runs each request on its own, and nothing tells one turn of the next.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
from agents import Agent, Model, Runner, RunResultStreaming
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import (
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from ..script import Reply, Script
from ..server.partial import Partial
from ..store import MemoryStore
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene


class Broken(ChatKitServer[Any]):
    def __init__(self, model: Model, store: Store[Any] | None = None) -> None:
        super().__init__(store or MemoryStore())
        self.agent = Agent[Any](name="Tutor", model=model)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(page.data[::-1])
        result = Runner.run_streamed(self.agent, history, context=ctx)  # broken here
        try:
            async for event in stream_agent_response(ctx, result):  # broken here
                yield event
        finally:
            result.cancel()

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)


class Fixed(ChatKitServer[Any]):
    def __init__(self, model: Model, store: Store[Any] | None = None) -> None:
        super().__init__(store or MemoryStore())
        self.agent = Agent[Any](name="Tutor", model=model)
        self.turns: dict[str, Turn] = {}  # by thread; of this process only

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        old, turn = self.turns.get(thread.id), Turn()
        self.turns[thread.id] = turn
        partial = Partial()
        try:
            if old:
                await old.stop()  # before the history is loaded: its partial belongs there
            ctx = AgentContext(thread=thread, store=self.store, request_context=context)
            page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
            history = await simple_to_agent_input(page.data[::-1])
            turn.start(Runner.run_streamed(self.agent, history, context=ctx))
            async for event in stream_agent_response(ctx, turn.run):
                partial.take(event)
                yield event
            for item in partial.items():  # only a turn that was stopped has any
                yield ThreadItemDoneEvent(item=item)
        finally:
            turn.end()
            if self.turns.get(thread.id) is turn:
                del self.turns[thread.id]

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)


class Turn:
    """One answer in the making, which the next message of its thread may stop."""

    run: RunResultStreaming

    def __init__(self) -> None:
        self.stopped = False
        self.ended = asyncio.Event()

    def start(self, run: RunResultStreaming) -> None:
        self.run = run
        if self.stopped:
            run.cancel()

    async def stop(self) -> None:
        self.stopped = True
        if hasattr(self, "run"):
            self.run.cancel()
        with contextlib.suppress(TimeoutError):  # a reader who takes nothing holds its turn open
            await asyncio.wait_for(self.ended.wait(), 5)

    def end(self) -> None:
        if hasattr(self, "run"):
            self.run.cancel()
        self.ended.set()


def _shows(evidence: Evidence) -> bool:
    first = evidence.recordings[0]
    return first.text == WORDS  # though the second message came in the middle of it


PITFALL = Pitfall(
    name="no_interruption",
    title="A second message does not interrupt",
    symptom="The user asks something else, and the old answer goes on to its end beside the new one.",
    reason=(
        "The documents say that a new message cancels the old stream; it does not. Each request runs on its own, "
        "both models work to their end, and the second does not see what the first said so far. Keep one turn per "
        "thread: stop the old one and wait for it before the new one loads its history."
    ),
    ledger=("B19", "B20"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(
        Script(Reply(WORDS), Reply("Of course.")),
        questions=("Why stream?", "Shorter, please."),
        interrupt_after=1.5,
    ),
    shows=_shows,
)
