"""A nap after each delta, under another name."""

from __future__ import annotations

from time import sleep as nap
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


class Typist(ChatKitServer[Any]):  # mend: partial_lost
    """Wants to look like somebody who types."""

    def __init__(self, store: Any = None) -> None:
        super().__init__(store)

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        agent = Agent[Any](name="Typist", model="gpt-4o-mini")
        asked = await simple_to_agent_input(items.data)
        run = Runner.run_streamed(  # mend: model_not_stopped, no_interruption
            agent, asked, context=ctx
        )
        async for event in stream_agent_response(ctx, run):
            nap(0.03)  # noqa: ASYNC251  # mend: blocking_call
            yield event
