"""ChatKit's own example: it answers, and knows nothing of readers who leave."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


class Assistant(ChatKitServer[Any]):  # mend: partial_lost
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        asked = await simple_to_agent_input(items.data)
        run = Runner.run_streamed(  # mend: model_not_stopped, no_interruption
            self.agent, asked, context=ctx
        )
        async for event in stream_agent_response(ctx, run):
            yield event
