"""Scenes with an answer of our own, played before there is any guest: each fork then finds the SDKs warm.

What Python does once (imports, regular expressions, the models of pydantic) would be paid by every child; and Python
rewrites code that is run often, in memory that each child would copy for it. So: all paths that answers take, and often.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  # asyncio.to_thread imports it when it is first called
from collections.abc import Iterator
from typing import Any

from ..script import Reply, ToolCall
from .scene import Ask, Call, Feed, Scene

__all__ = ["plays"]

_ROUNDS = 8


def plays() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give answers, each with the payload of a scene to play with it."""
    hi = Reply(("Warm", " words."))
    tool = Reply(calls=(ToolCall("look_up", {"word": "warm"}),))
    broken = Reply(("Warm", " words."), error="rate_limit", error_at=1)
    talks = [
        Scene(replies=(hi,), asks=(Ask("Hi"), Ask("Hi")), then_repeat=True),
        Scene(replies=(tool, hi), asks=(Ask("Hi"),)),
        Scene(replies=(broken, hi), asks=(Ask("Hi"), Ask("Hi", leave_after=1))),
        Scene(replies=(hi,), asks=(Ask("Hi"),), http=True),
    ]
    call = Scene(uses="warm", call=Call((Feed(("a", "b")),)))
    scenes = [scene if scene.uses else scene.model_copy(update={"uses": "Warm"}) for scene in talks]
    told = [scene.model_dump(mode="json") for scene in (*scenes, call)]
    for payload in told * _ROUNDS:
        yield _WARM, payload


_WARM = """
from agents import Agent, Runner, RunContextWrapper, function_tool
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent

@function_tool
async def look_up(ctx: RunContextWrapper[AgentContext], word: str) -> str:
    \"\"\"Look a word up.

    Args:
        word: the word.
    \"\"\"
    await ctx.context.stream(ProgressUpdateEvent(icon="search", text="Looking"))
    return word

class Warm(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Warm", model=model, tools=[look_up])

    async def respond(self, thread, message, context):
        yield ProgressUpdateEvent(text="Warming")
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)
        asked = await simple_to_agent_input(list(reversed(page.data)))
        async for event in stream_agent_response(ctx, Runner.run_streamed(self.agent, asked, context=ctx)):
            yield event

async def warm(source):
    async for value in source:
        yield value
"""
