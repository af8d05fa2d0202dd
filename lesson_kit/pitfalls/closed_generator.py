"""A `break` out of the helper saves nothing.

The user sees: a short answer that never finishes; after a reload it is gone.
Why: `break` closes the generator before it says Done, and closing is no cancel, so ChatKit's handler is not called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene

LONGEST = 150
"""Characters after which the answer is cut short."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        text = ""
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
                text += text_of(event)
                if len(text) >= LONGEST:
                    break  # broken here
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        text, message = "", None
        try:
            async for event in stream_agent_response(ctx, result):
                if len(text) < LONGEST:
                    yield event
                    text += text_of(event)
                    message = open_message(event, message)
                if len(text) >= LONGEST:
                    result.cancel()  # and read on: the helper then ends by itself
        finally:
            result.cancel()
        if message:
            message.content = [AssistantMessageContent(text=text)]
            yield ThreadItemDoneEvent(item=message)


def text_of(event: ThreadStreamEvent) -> str:
    update = event.update if isinstance(event, ThreadItemUpdatedEvent) else None
    return update.delta if isinstance(update, AssistantMessageContentPartTextDelta) else ""


def open_message(
    event: ThreadStreamEvent, before: AssistantMessageItem | None
) -> AssistantMessageItem | None:
    """The message that is begun and not finished, if there is one."""
    if isinstance(event, ThreadItemDoneEvent):
        return None
    if isinstance(event, ThreadItemAddedEvent) and isinstance(event.item, AssistantMessageItem):
        return event.item
    return before


def _shows(evidence: Evidence) -> bool:
    return any(evidence.seen) and not evidence.answers and not evidence.errors


PITFALL = Pitfall(
    name="closed_generator",
    title="A break that saves nothing",
    symptom="The answer is cut short as meant, but it never finishes; after a reload it is gone.",
    reason=(
        "break leaves the helper before its Done event, and ChatKit saves on Done only. A generator that is closed "
        "gets GeneratorExit, not CancelledError, so handle_stream_cancelled is not called either. The same holds for "
        "aclose(), and for a break by whoever reads the stream. Cancel the run instead, read the helper to its own "
        "end, and yield a ThreadItemDoneEvent with the text so far."
    ),
    ledger=("finding 5", "B11"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
