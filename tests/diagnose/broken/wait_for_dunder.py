"""wait_for round __anext__, with a keep-alive line."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class Assistant(ChatKitServer[Any]):
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.running: dict[str, Any] = {}

    async def alive(self, events: Any) -> Any:
        while True:
            try:
                yield await asyncio.wait_for(events.__anext__(), timeout=8)  # mend: wait_for_anext
            except TimeoutError:
                yield ProgressUpdateEvent(text="Still there...")
            except StopAsyncIteration:
                return

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        if thread.id in self.running:
            self.running[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        self.running[thread.id] = run
        try:
            async for event in self.alive(stream_agent_response(ctx, run)):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
