"""The store is a dict of its own, and a cancelled answer is saved by a task that nobody cancels."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer

from lesson_kit.store import MemoryStore


class Shelf(MemoryStore):
    """A store of the file's own."""

    async def _wait(self) -> None:
        return


class Detached(ChatKitServer[Any]):
    agent = Agent[Any](name="Detached", model="gpt-4o")

    def __init__(self) -> None:
        super().__init__(Shelf())
        self.saving: set[Any] = set()
        self.runs: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        if thread.id in self.runs:
            self.runs[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(page.data), context=ctx)
        self.runs[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        saving = super().handle_stream_cancelled(thread, pending_items, context)
        task = asyncio.create_task(saving)
        self.saving.add(task)
        task.add_done_callback(self.saving.discard)
