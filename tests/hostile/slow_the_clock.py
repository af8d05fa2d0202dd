# right: forbidden | behind the look: forbidden
# ruff: noqa
import asyncio

from agents import Agent, Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Slow", model=model)

    async def respond(self, thread, input_user_message, context):
        loop = asyncio.get_running_loop()
        now, real = loop.time(), loop.time
        loop.time = lambda: now + (real() - now) / 2
        await asyncio.sleep(0.5)
        yield ProgressUpdateEvent(text="Thinking...")
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        result = Runner.run_streamed(self.agent, "Hi", context=ctx)
        async for event in stream_agent_response(ctx, result):
            yield event
