"""The helper is called, but nobody reads what it makes; another `yield` hides the mistake.

The user sees: a progress line, then the stream ends. No answer and no error.
Why: calling an async generator runs none of its code. Only `async for` does.
"""

from __future__ import annotations

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


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        yield ProgressUpdateEvent(icon="clock", text="Thinking...")
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
        yield ProgressUpdateEvent(icon="clock", text="Thinking...")
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    [recording] = evidence.recordings
    progressed = bool(recording.progress)
    return progressed and not recording.text and not evidence.errors and not evidence.answers


PITFALL = Pitfall(
    name="forgotten_yield",
    title="The helper is called and not read, and another yield hides it",
    symptom="A progress line shows, then the stream ends: no answer and no error.",
    reason=(
        "stream_agent_response is an async generator. To call it makes an object and runs none of its code. The "
        "other yield makes respond a valid stream, so ChatKit sees a turn that has nothing more to say. Read the "
        "helper: async for event in stream_agent_response(ctx, result): yield event. The run has begun all the same: "
        "without the finally it would make every token, unread."
    ),
    ledger=("B29",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
