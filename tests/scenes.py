"""Servers that are right, for tests to break in one place, and the scene that they are put on."""

from __future__ import annotations

import random

from lesson_kit.scene import Ask, Reply, Scene, words

WORDS = words(random.Random(1), 20)
TEXT = "".join(WORDS)

PLAIN = """
import asyncio, anyio, time
from agents import Agent, RunContextWrapper, Runner, function_tool
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent

class Server(ChatKitServer):
    tools = []

    def __init__(self, model, store, **options):
        super().__init__(store)
        self.options = options
        self.agent = Agent(name="Tutor", model=model, tools=list(self.tools))

    async def respond(self, thread, input_user_message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        history = await simple_to_agent_input(page.data)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event  # each event
        finally:
            result.cancel()

    async def handle_stream_cancelled(self, thread, pending_items, context):
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
"""
TOOL = """
@function_tool
async def look_up(ctx: RunContextWrapper[AgentContext], word: str) -> str:
    await ctx.context.stream(ProgressUpdateEvent(icon="search", text=f"Looking up {word}"))
    await asyncio.sleep(1)
    return f"{word} is a word"

class Helpful(Server):
    tools = [look_up]
"""


def scene(*asks: str | Ask, **more: object) -> Scene:
    fields = {"uses": "Server", "asks": asks, "replies": (Reply(WORDS),), "then_repeat": True}
    return Scene.model_validate(fields | more)


def line_of(source: str, part: str) -> int:
    return next(n for n, line in enumerate(source.splitlines(), 1) if part in line)
