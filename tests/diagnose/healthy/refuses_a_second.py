"""While it answers, it refuses a second message in words."""

from __future__ import annotations

from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer


class OneAtATime(ChatKitServer[Any]):
    agent = Agent[Any](name="One", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.busy: set[str] = set()

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        if thread.id in self.busy:
            raise CustomStreamError("One question at a time, please.", allow_retry=True)
        self.busy.add(thread.id)
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(page.data), context=ctx)
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()
            self.busy.discard(thread.id)

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
