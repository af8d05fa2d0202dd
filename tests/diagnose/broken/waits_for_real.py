"""A blocking wait of a library's, and four more causes: each probe costs real time."""

from __future__ import annotations

import socket
from typing import Any

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer


def fetch() -> bytes:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.3)
    try:
        return ours.recv(1)  # mend: blocking_call
    except TimeoutError:
        return b""
    finally:
        ours.close()
        theirs.close()


class Assistant(ChatKitServer[Any]):  # mend: partial_lost
    agent = Agent[Any](name="Assistant", model="gpt-4o")

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        fetch()
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input([input_user_message])  # mend: no_history
        run = Runner.run_streamed(  # mend: model_not_stopped, no_interruption
            self.agent, asked, context=ctx
        )
        async for event in stream_agent_response(ctx, run):
            yield event
