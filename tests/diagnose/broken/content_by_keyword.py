"""The content as the keyword input=, and a nap: two causes at once."""

from __future__ import annotations

import time
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.server import ChatKitServer


class Assistant(ChatKitServer[Any]):  # mend: partial_lost
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        time.sleep(0.2)  # noqa: ASYNC251  # mend: blocking_call
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        parts = input_user_message.content  # mend: content_as_input, no_history
        run = Runner.run_streamed(  # mend: model_not_stopped, no_interruption
            starting_agent=self.agent, input=parts, context=ctx
        )
        async for event in stream_agent_response(ctx, run):
            yield event
