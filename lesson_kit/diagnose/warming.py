"""A first turn of a plain server, so that the code under test does not pay for what the SDKs do once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Runner, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer

from ..clock import run
from ..script import Script
from ..store import MemoryStore
from .reader import read
from .stage import keep_adapters

__all__ = ["warm_up"]


class PlainServer(ChatKitServer[Any]):
    async def respond(
        self, thread: Any, input_user_message: Any, context: Any
    ) -> AsyncIterator[Any]:
        agent = Agent[Any](name="Warm", model=Script.say("Warm.").model())
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input(input_user_message)
        async for event in stream_agent_response(ctx, Runner.run_streamed(agent, asked)):
            yield event


def warm_up() -> None:
    keep_adapters()
    # Without the exporter that sends traces to OpenAI: it makes an HTTP client, certificates and all.
    set_trace_provider(DefaultTraceProvider())
    run(_turn())


async def _turn() -> None:
    await read(PlainServer(MemoryStore()), "Hi", {})
