"""An icon that does not exist ends the turn.

The user sees: an error with a Retry button, which never helps.
Why: ChatKit's events are checked when they are made, and "upload" is no icon that it knows.
"""
# Wrong types are the point here.
# mypy: ignore-errors

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
        yield ProgressUpdateEvent(icon="upload", text="Sending your files...")  # broken here

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
        yield ProgressUpdateEvent(icon="lucide:upload", text="Sending your files...")

        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    said = any("ProgressUpdateEvent" in line for line in evidence.logged)
    return said and bool(evidence.errors) and not any(evidence.seen)


PITFALL = Pitfall(
    name="unknown_icon",
    title="An icon that does not exist",
    symptom="An error with a Retry button, and no word of the answer.",
    reason=(
        "ChatKit checks an event when it is made: an unknown icon is a ValidationError, and an error in respond "
        'ends the turn. "upload" is in the documents and not in the SDK. Use one of its own, such as "search", '
        '"check", "clock" or "document", or any Lucide icon by its full name: "lucide:upload".'
    ),
    ledger=("finding 10", "B13"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
