"""respond is a plain def that returns a generator, and a module-level instance is the server."""

from __future__ import annotations

from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer

from lesson_kit.store import MemoryStore

AGENT = Agent[Any](name="Quiet", model="gpt-4o")
RUNS: dict[str, Any] = {}


async def stream(thread: Any, store: Any, context: Any) -> Any:
    items = await store.load_thread_items(thread.id, None, 20, "asc", context)
    if thread.id in RUNS:
        RUNS[thread.id].cancel()
    ctx = AgentContext(thread=thread, store=store, request_context=context)
    RUNS[thread.id] = run = Runner.run_streamed(AGENT, await simple_to_agent_input(items.data))
    try:
        async for event in stream_agent_response(ctx, run):
            yield event
    finally:
        run.cancel()


class Quiet(ChatKitServer[Any]):
    def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        return stream(thread, self.store, context)

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)


server = Quiet(MemoryStore())
