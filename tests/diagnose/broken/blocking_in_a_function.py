"""A blocking call two functions away from respond."""

from __future__ import annotations

import subprocess
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


def look_up(question: str) -> str:
    subprocess.run(["sleep", "0.4"], check=True)  # mend: blocking_call
    return question.upper()


class Desk(ChatKitServer[Any]):
    agent = Agent[Any](name="Desk", model="gpt-4o")

    def __init__(self, data_store: Any) -> None:
        super().__init__(data_store)
        self.running: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        look_up(str(len(items.data)))
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
