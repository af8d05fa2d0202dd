"""A decorator does what others write into respond: it stops the run when the reading ends."""

from __future__ import annotations

import functools
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


def stopping(respond: Any) -> Any:
    @functools.wraps(respond)
    async def wrapper(self: Any, thread: Any, message: Any, context: Any) -> Any:
        if thread.id in self.runs:
            self.runs[thread.id].cancel()
        try:
            async for event in respond(self, thread, message, context):
                yield event
        finally:
            if run := self.runs.get(thread.id):
                run.cancel()

    return wrapper


class Decorated(ChatKitServer[Any]):
    agent = Agent[Any](name="Decorated", model="o4-mini")

    def __init__(self, repository: Any, name: str) -> None:
        super().__init__(store=repository)
        self.name, self.runs = name, {}

    @stopping
    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input(list(reversed(page.data)))
        self.runs[thread.id] = Runner.run_streamed(self.agent, asked, context=ctx)
        async for event in stream_agent_response(ctx, self.runs[thread.id]):
            yield event

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
