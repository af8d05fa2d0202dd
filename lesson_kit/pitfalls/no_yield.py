"""`respond` has no `yield` at all, so it is no stream.

The user sees: an error with a Retry button, which never helps.
Why: without `yield`, `async def respond` is a coroutine, and ChatKit cannot read it with `async for`.
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
            stream_agent_response(ctx, result)  # broken here
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
    forgotten = any("respond' was never awaited" in warning for warning in evidence.warnings)
    return forgotten and bool(evidence.errors) and not evidence.asked


PITFALL = Pitfall(
    name="no_yield",
    title="A respond without any yield",
    symptom="An error with a Retry button, at once and on every try; the model was never asked.",
    reason=(
        "A yield makes an async def an async generator. Without one, respond is a coroutine, and ChatKit's "
        "async for fails on it: 'async for' requires an object with __aiter__ method, got coroutine. Python warns: "
        "coroutine 'respond' was never awaited. None of its code has run."
    ),
    ledger=("B28",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
