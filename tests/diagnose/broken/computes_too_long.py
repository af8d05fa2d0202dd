"""Computes for a third of a second, on a fast machine as on a slow one."""

from __future__ import annotations

import itertools
import time
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


def think(seconds: float) -> bool:
    until = time.thread_time() + seconds
    return any(time.thread_time() > until for _ in itertools.count())  # mend: blocking_call


class Checked(ChatKitServer[Any]):
    agent = Agent[Any](name="Checked", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.running: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        think(0.3)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        if thread.id in self.running:
            self.running[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        self.running[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
