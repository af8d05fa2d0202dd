"""A limit on the answer's length that leaves the helper with return."""

from __future__ import annotations

from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


class Brief(ChatKitServer[Any]):
    limit = 120
    agent = Agent[Any](name="Brief", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.running: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        if thread.id in self.running:
            self.running[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        self.running[thread.id] = run
        sent = 0
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
                sent += 1
                if sent > self.limit:
                    return  # mend: closed_generator
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
