"""The helper is awaited, which an async generator does not allow."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class Assistant(ChatKitServer[Any]):
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    def __init__(self, *, store: Any) -> None:
        super().__init__(store)

    async def relay(self, ctx: Any, run: Any) -> Any:
        async for event in stream_agent_response(ctx, run):
            yield event

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield ProgressUpdateEvent(text="One moment")
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        await self.relay(ctx, run)  # mend: forgotten_yield
