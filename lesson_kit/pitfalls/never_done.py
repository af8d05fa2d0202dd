"""A message that is begun and never finished.

The user sees: the whole answer; after a reload it is gone.
Why: ChatKit saves an item when its Done event comes, and not before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext
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
from openai.types.responses import ResponseTextDeltaEvent

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
        message = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text="")],
        )
        yield ThreadItemAddedEvent(item=message)  # broken here
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in result.stream_events():
                if event.type != "raw_response_event":
                    continue
                if isinstance(event.data, ResponseTextDeltaEvent):
                    yield ThreadItemUpdatedEvent(
                        item_id=message.id,
                        update=AssistantMessageContentPartTextDelta(
                            content_index=0, delta=event.data.delta
                        ),
                    )
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        message = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text="")],
        )
        yield ThreadItemAddedEvent(item=message)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in result.stream_events():
                if event.type != "raw_response_event":
                    continue
                if isinstance(event.data, ResponseTextDeltaEvent):
                    message.content[0].text += event.data.delta
                    yield ThreadItemUpdatedEvent(
                        item_id=message.id,
                        update=AssistantMessageContentPartTextDelta(
                            content_index=0, delta=event.data.delta
                        ),
                    )
        finally:
            result.cancel()
        yield ThreadItemDoneEvent(item=message)


def _shows(evidence: Evidence) -> bool:
    return any(evidence.seen) and not evidence.answers and not evidence.errors


PITFALL = Pitfall(
    name="never_done",
    title="Added without Done",
    symptom="The whole answer shows, and the message never finishes; after a reload it is gone.",
    reason=(
        "thread.item.added and thread.item.updated only draw on the screen. ChatKit saves an item when it sees "
        "thread.item.done with the whole text. Whoever streams by hand must keep the text and yield a "
        "ThreadItemDoneEvent at the end; the helper does that by itself."
    ),
    ledger=("B10", "B11", "B33"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
