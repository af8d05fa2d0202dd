"""A second agent names the thread, with an output type, and slow work goes to a thread."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from pydantic import BaseModel


class Title(BaseModel):
    words: list[str]
    language: Literal["en", "de"]


class Titled(ChatKitServer[Any]):
    def __init__(self, store: Any = None) -> None:
        super().__init__(store)
        self.namer = Agent[Any](name="Namer", output_type=Title)
        self.speaker = Agent[Any](name="Speaker")
        self.runs: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        await asyncio.to_thread(time.sleep, 0.05)
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        asked = await simple_to_agent_input(page.data)
        if thread.title is None:
            named = await Runner.run(self.namer, asked)
            thread.title = f"{named.final_output.language}: {len(named.final_output.words)}"
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        if thread.id in self.runs:
            self.runs[thread.id].cancel()
        self.runs[thread.id] = run = Runner.run_streamed(self.speaker, asked, context=ctx)
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
