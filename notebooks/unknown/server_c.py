"""A tutor that makes its own messages, because its model gives them no useful names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input
from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
)
from openai.types.responses import ResponseTextDeltaEvent


class NamingServer(ChatKitServer[Any]):
    def __init__(self, store: Store[Any], model: Any = "gpt-4o") -> None:
        super().__init__(store)
        self.agent = Agent[Any](name="Naming", model=model)

    def message(self, thread: Any, text: str) -> AssistantMessageItem:
        return AssistantMessageItem(
            id=f"answer-{thread.id}",
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text=text)],
        )

    async def respond(
        self, thread: Any, input_user_message: Any, context: Any
    ) -> AsyncIterator[Any]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        messages = await simple_to_agent_input(page.data)
        message = self.message(thread, "")
        yield ThreadItemAddedEvent(item=message)
        result = Runner.run_streamed(self.agent, messages, context=ctx)
        text = ""
        try:
            async for event in result.stream_events():
                if event.type != "raw_response_event":
                    continue
                if isinstance(event.data, ResponseTextDeltaEvent):
                    text += event.data.delta
                    update = AssistantMessageContentPartTextDelta(
                        content_index=0, delta=event.data.delta
                    )
                    yield ThreadItemUpdatedEvent(item_id=message.id, update=update)
        finally:
            result.cancel()
        yield ThreadItemDoneEvent(item=self.message(thread, text))
