"""The request's context, handed on by keyword through a function of the file's own."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import simple_to_agent_input
from chatkit.agents import stream_agent_response as helper
from chatkit.server import ChatKitServer


async def relay(ctx: Any, run: Any) -> Any:
    async for event in helper(context=ctx, result=run):  # mend: request_context
        yield event


class Assistant(ChatKitServer[Any]):
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data))
        async for event in relay(context, run):
            yield event
