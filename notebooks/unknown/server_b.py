"""A tutor for small screens: it keeps its answers short."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store

LONGEST = 16
"""Events of one answer that fit on a small screen."""


class ShortServer(ChatKitServer[Any]):
    def __init__(self, store: Store[Any], model: Any = "gpt-4o") -> None:
        super().__init__(store)
        self.agent = Agent[Any](name="Short", model=model)

    async def respond(
        self, thread: Any, input_user_message: Any, context: Any
    ) -> AsyncIterator[Any]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        messages = await simple_to_agent_input(page.data)
        result = Runner.run_streamed(self.agent, messages, context=ctx)
        sent = 0
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
                sent += 1
                if sent > LONGEST:
                    break
        finally:
            result.cancel()
