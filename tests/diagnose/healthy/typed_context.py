"""The request's context is a class with fields that must be there."""

from __future__ import annotations

import dataclasses
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


@dataclasses.dataclass
class User:
    name: str
    roles: list[str]


class Request:
    def __init__(self, user: User, locale: str = "en") -> None:
        self.user, self.locale = user, locale


class Typed(ChatKitServer[Request]):
    def __init__(self, data_store: Any) -> None:
        super().__init__(data_store)
        self.runs: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Request) -> Any:
        yield ProgressUpdateEvent(icon="profile", text=f"Hello {context.user.name.title()}")
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        agent = Agent[Any](name="Typed", instructions=f"Speak {context.locale.upper()}.")
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        if thread.id in self.runs:
            self.runs[thread.id].cancel()
        run = Runner.run_streamed(agent, await simple_to_agent_input(page.data), context=ctx)
        self.runs[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
