"""The "Thinking..." line is cleared before the model has thought.

The user sees: "Thinking..." for an instant, then nothing until the first word.
Why: starting a run does not wait for it. The next line of code runs a millisecond later.
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

NOTICEABLE = 0.5
"""Seconds of blank screen that a user notices."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        yield ProgressUpdateEvent(icon="clock", text="Thinking...")

        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            yield ProgressUpdateEvent(icon="check", text="")  # broken here
            async for event in stream_agent_response(ctx, result):
                yield event
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
    shown = recording.progress
    if not shown or recording.first_token is None:
        return False
    return recording.first_token - shown[-1].end >= NOTICEABLE


PITFALL = Pitfall(
    name="clear_too_soon",
    title="The thinking line is cleared too soon",
    symptom='"Thinking..." is gone at once; then the screen is blank until the first word.',
    reason=(
        "run_streamed starts the run and returns at once. So the event that clears the line follows it as soon as "
        "the history is loaded, long before the first token. Send no clear event: the message itself replaces the "
        "line when its first text comes."
    ),
    ledger=("finding 9", "B25", "B26"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
