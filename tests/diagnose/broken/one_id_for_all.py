"""Every answer is item 'answer'."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agents import Agent, Runner
from chatkit.agents import simple_to_agent_input
from chatkit.server import ChatKitServer
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadItemDoneEvent


class Assistant(ChatKitServer[Any]):
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        result = await Runner.run(self.agent, await simple_to_agent_input(items.data))
        content = [AssistantMessageContent(text=str(result.final_output))]
        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(  # mend: duplicate_ids
                id="answer", thread_id=thread.id, created_at=datetime.now(), content=content
            )
        )
