"""A comprehension without async."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


class Assistant(ChatKitServer[Any]):
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        events = [event for event in stream_agent_response(ctx, run)]  # noqa: C416  # mend: missing_async
        for event in events:
            yield event
