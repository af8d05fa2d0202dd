"""The answer is a generator method, called and not read."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent

from lesson_kit.store import MemoryStore


class Assistant(ChatKitServer[Any]):
    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield ProgressUpdateEvent(text="One moment")
        answer = self._answer(thread, context)  # noqa: F841  # mend: forgotten_yield

    async def _answer(self, thread: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        async for event in stream_agent_response(ctx, run):
            yield event
