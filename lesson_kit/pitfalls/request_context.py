"""The request's context goes to the helper, which needs an AgentContext.

The user sees: an error with a Retry button, which never helps.
Why: the helper reads `.thread` and `.store`; what ChatKit passes to `respond` is whatever your endpoint gave it.
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
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=context)
        try:
            async for event in stream_agent_response(context, result):  # broken here
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
    said = any("object has no attribute 'thread'" in line for line in evidence.logged)
    return said and bool(evidence.errors) and not any(evidence.seen)


PITFALL = Pitfall(
    name="request_context",
    title="The request's context instead of an AgentContext",
    symptom="An error with a Retry button, and no word of the answer.",
    reason=(
        "stream_agent_response reads the thread and the store from its first argument. The context of respond is "
        "only what your endpoint passed to process, often a dict: AttributeError: 'dict' object has no attribute "
        "'thread'. Make an AgentContext(thread=..., store=..., request_context=context), and give it to the "
        "Runner too, so that tools can show progress."
    ),
    ledger=("B5",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
