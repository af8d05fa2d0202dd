"""`wait_for(anext(...))`, and then go on with the same generator.

The user sees: "Still thinking...", then the stream ends. No answer and no error.
Why: `wait_for` cancels what it waits for, and a generator that was cancelled has ended.
"""

from __future__ import annotations

import asyncio
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

PATIENCE = 2.0
"""Seconds of silence after which the user is told that the model still thinks."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        events = aiter(stream_agent_response(ctx, result))
        try:
            while True:
                try:
                    event = await asyncio.wait_for(anext(events), PATIENCE)  # broken here
                except TimeoutError:
                    yield ProgressUpdateEvent(icon="clock", text="Still thinking...")
                    continue
                except StopAsyncIteration:
                    break
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
        events = aiter(stream_agent_response(ctx, result))
        coming = asyncio.ensure_future(anext(events, None))
        try:
            while True:
                done, _ = await asyncio.wait([coming], timeout=PATIENCE)  # cancels nothing
                if not done:
                    yield ProgressUpdateEvent(icon="clock", text="Still thinking...")
                    continue
                event = coming.result()
                if event is None:
                    break
                coming = asyncio.ensure_future(anext(events, None))
                yield event
        finally:
            coming.cancel()
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    [recording] = evidence.recordings
    waited = bool(recording.progress)
    return waited and not recording.text and not evidence.errors and not evidence.answers


PITFALL = Pitfall(
    name="wait_for_anext",
    title="wait_for round anext",
    symptom='"Still thinking..." shows, then the stream ends: no answer and no error.',
    reason=(
        "When its time is up, wait_for cancels what it waits for: the helper, in the middle of its work. A generator "
        "that was cancelled has ended, so the next anext finds no more events, and the turn ends as if all were "
        "well. Wait without cancelling: asyncio.wait([task], timeout=...), or read the helper into a queue."
    ),
    ledger=("finding 7", "A40"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS, thinking=5.0)),
    shows=_shows,
)
