"""The text of the new message, and nothing else."""

from __future__ import annotations

from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.server import ChatKitServer


class Goldfish(ChatKitServer[Any]):
    agent = Agent[Any](name="Goldfish", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.running: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        question = "".join(part.text for part in input_user_message.content)  # mend: no_history
        if thread.id in self.running:
            self.running[thread.id].cancel()
        run = Runner.run_streamed(self.agent, question, context=ctx)
        self.running[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
