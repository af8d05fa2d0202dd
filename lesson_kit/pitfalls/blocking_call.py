"""A blocking call in `respond` stops every stream of the server.

The user sees: all answers stand still, also those of other users, and then go on.
Why: all streams share one event loop. `time.sleep` keeps the loop to itself until it is over.
"""
# ruff: noqa: ASYNC251

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ProgressUpdateEvent, ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene

BLOCK = 0.05
"""Seconds. A block is real in virtual time too, so it is short here; the document's is 5 s."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        yield ProgressUpdateEvent(icon="search", text="Looking it up...")
        time.sleep(BLOCK)  # broken here

        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        yield ProgressUpdateEvent(icon="search", text="Looking it up...")
        await asyncio.sleep(BLOCK)

        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    # The line, and not the figure: a loaded machine is slow in other places too.
    return any(block.source.startswith("time.sleep") for block in evidence.blocked)


PITFALL = Pitfall(
    name="blocking_call",
    title="A blocking call in respond",
    symptom="Every stream on the server stands still for as long as the call takes, also those of other users.",
    reason=(
        "All streams share one event loop, and it runs one piece of code at a time. time.sleep, a slow "
        "calculation or a library without await keeps the loop to itself. Wait with await; give code that "
        "must block to a thread: await asyncio.to_thread(work)."
    ),
    ledger=("B27", "B40"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS), neighbour=True),
    shows=_shows,
)
