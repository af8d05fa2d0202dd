"""The tutor of a library: it knows what is on the shelves today."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store


def shelves_today() -> str:
    time.sleep(0.4)  # stands for a database that cannot be awaited
    return "Today there are 3 books on tea."


class LibraryServer(ChatKitServer[Any]):
    def __init__(self, store: Store[Any], model: Any = "gpt-4o") -> None:
        super().__init__(store)
        self.agent = Agent[Any](name="Library", model=model)

    async def respond(
        self, thread: Any, input_user_message: Any, context: Any
    ) -> AsyncIterator[Any]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        messages = await simple_to_agent_input(page.data)
        agent = self.agent.clone(instructions=shelves_today())
        result = Runner.run_streamed(agent, messages, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()
