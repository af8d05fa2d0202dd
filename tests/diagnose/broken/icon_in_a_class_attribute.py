"""The icon's name stands far from its use."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class Uploader(ChatKitServer[Any]):
    icon = "code"
    agent = Agent[Any](name="Uploader", model="gpt-4o")

    async def steps(self) -> Any:
        for text in ("Reading", "Sending"):
            yield ProgressUpdateEvent(icon=self.icon, text=text)  # mend: unknown_icon

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        async for step in self.steps():
            yield step
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        run = Runner.run_streamed(
            self.agent, await simple_to_agent_input([input_user_message]), context=ctx
        )
        async for event in stream_agent_response(ctx, run):
            yield event
