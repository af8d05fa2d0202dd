"""`for` instead of `async for`.

The user sees: an error with a Retry button, which never helps.
Why: the helper is an async generator; a plain `for` cannot wait for its next event.
"""
# Wrong types are the point here.
# mypy: ignore-errors

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            for event in stream_agent_response(ctx, result):  # broken here
                yield event
        finally:
            result.cancel()


class Fixed(CarefulServer):
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


def _shows(evidence: Evidence) -> bool:
    said = any("'async_generator' object is not iterable" in line for line in evidence.logged)
    return said and bool(evidence.errors) and not any(evidence.seen)


PITFALL = Pitfall(
    name="missing_async",
    title="for instead of async for",
    symptom="An error with a Retry button, and no word of the answer.",
    reason=(
        "stream_agent_response is an async generator: its next event may have to be waited for, and a plain for "
        "cannot wait. Python raises TypeError: 'async_generator' object is not iterable. The word that is missing "
        "is async, not await: await on it fails too."
    ),
    ledger=("B30",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
