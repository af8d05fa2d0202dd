"""A lock per thread: the second message waits for the first answer. Its history is a text."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.server import ChatKitServer


class Patient(ChatKitServer[Any]):
    agent = Agent[Any](name="Patient", model="gpt-4o")

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.locks: Any = collections.defaultdict(asyncio.Lock)

    async def transcript(self, thread: Any, context: Any) -> str:
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        said = [item for item in page.data if item.type in ("user_message", "assistant_message")]
        return "\n".join(f"{i.type}: {''.join(part.text for part in i.content)}" for i in said)

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        async with self.locks[thread.id]:
            ctx = AgentContext(thread=thread, store=self.store, request_context=context)
            run = Runner.run_streamed(self.agent, await self.transcript(thread, context))
            with contextlib.closing(Stopper(run)):
                async for event in stream_agent_response(ctx, run):
                    yield event

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)


class Stopper:
    def __init__(self, run: Any) -> None:
        self.close = run.cancel
