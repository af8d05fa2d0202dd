"""A blanket `except` hides the mistake beside it.

The user sees: an empty answer, on every question, and no error.
Why: the first event has no `.data`. The AttributeError is caught, and "" is returned as if it were the answer.
"""
# Wrong types are the point here.
# mypy: ignore-errors

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from agents import Agent, Runner
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ThreadItemDoneEvent,
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

logger = logging.getLogger(__name__)


class Broken(CarefulServer):
    async def process_stream(self, agent: Agent, user_input: Any) -> str:
        """Process a streamed response"""
        result = Runner.run_streamed(agent, user_input)
        full_response = ""
        try:
            async for event in result.stream_events():
                if isinstance(event.data, ResponseTextDeltaEvent):  # broken here
                    full_response += event.data.delta
        except Exception as e:  # broken here
            logger.warning("Error during streaming: %s", e)
        finally:
            result.cancel()
        return full_response

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        history = await self.history(thread, context)
        full_response = await self.process_stream(self.agent, history)
        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=full_response)],
            )
        )


class Fixed(CarefulServer):
    async def process_stream(self, agent: Agent, user_input: Any) -> str:
        """Process a streamed response"""
        result = Runner.run_streamed(agent, user_input)
        full_response = ""
        try:
            async for event in result.stream_events():
                if event.type != "raw_response_event":
                    continue
                if isinstance(event.data, ResponseTextDeltaEvent):
                    full_response += event.data.delta
        finally:
            result.cancel()
        return full_response

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        history = await self.history(thread, context)
        full_response = await self.process_stream(self.agent, history)
        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=full_response)],
            )
        )


def _shows(evidence: Evidence) -> bool:
    hidden = any("has no attribute 'data'" in line for line in evidence.logged)
    return hidden and evidence.answers == [""] and not evidence.errors


PITFALL = Pitfall(
    name="swallowed_error",
    title="A swallowed error that returns an empty answer",
    symptom="The answer is empty, on every question, and no error shows.",
    reason=(
        "Only raw_response_event has .data; the first event of every run is agent_updated_stream_event, so "
        "event.data raises AttributeError. except Exception catches it, like every other bug, and the caller gets "
        "an empty text that looks like an answer. Check event.type first, and let errors out: ChatKit tells the user."
    ),
    ledger=("finding 1", "A9", "A10"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
