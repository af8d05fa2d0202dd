"""Events made by hand, without the last one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import simple_to_agent_input
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
)


def is_text(event: Any) -> bool:
    return event.type == "raw_response_event" and event.data.type == "response.output_text.delta"


class ByHand(ChatKitServer[Any]):
    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.running: dict[str, Any] = {}

    def blank(self, thread: Any, context: Any) -> AssistantMessageItem:
        new_id = self.store.generate_item_id("message", thread, context)
        return AssistantMessageItem(
            id=new_id, thread_id=thread.id, created_at=datetime.now(), content=[]
        )

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        if thread.id in self.running:
            self.running[thread.id].cancel()
        item = self.blank(thread, context)
        yield ThreadItemAddedEvent(item=item)  # mend: never_done
        run = Runner.run_streamed(
            Agent(name="ByHand", model="gpt-4o"), await simple_to_agent_input(items.data)
        )
        self.running[thread.id] = run
        try:
            async for event in run.stream_events():
                if is_text(event):
                    update = AssistantMessageContentPartTextDelta(
                        content_index=0, delta=event.data.delta
                    )
                    yield ThreadItemUpdatedEvent(item_id=item.id, update=update)
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
