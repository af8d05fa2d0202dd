"""Pieces of answers to ex10, from which the whole ones are put together."""

from __future__ import annotations

TOP = """import asyncio
from datetime import datetime

import anyio
import openai
from agents import Agent, RunContextWrapper, Runner, function_tool
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import *


@function_tool
async def search_library(ctx: RunContextWrapper[AgentContext], query: str) -> str:
    await ctx.context.stream(ProgressUpdateEvent(text=f"Searching for {query}..."))
    await asyncio.sleep(2)
    return f"There are 3 books about {query}."


class WholeServer(ChatKitServer):
    def __init__(self, model, store, *, first_token=15.0, between_tokens=30.0, total=300.0):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model, tools=[search_library])
        self.first_token, self.between_tokens, self.total = first_token, between_tokens, total
        self.turns, self.tasks = {}, set()

    async def history(self, thread, context):
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        return await simple_to_agent_input(page.data)

    def keep(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def message(self, thread, context, text=""):
        return AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text=text)] if text else [],
        )

    def note(self, thread, context):
        return HiddenContextItem(
            id=self.store.generate_item_id("sdk_hidden_context", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content="Your last answer was broken off.",
        )

    def in_words(self, error):
        if isinstance(error, TimeoutError):
            return CustomStreamError("No answer in time.", allow_retry=True)
        if isinstance(error, openai.APIStatusError) and error.status_code not in (429, 500):
            return CustomStreamError("This does not work. Ask for help.", allow_retry=False)
        return CustomStreamError("The model fails at the moment.", allow_retry=True)
"""
SHIELDED = """
    async def handle_stream_cancelled(self, thread, pending_items, context):
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)
"""
WAITING = """                    async with asyncio.timeout(min(limit, left)):  # no yield in here
                        event = await events.get()
"""
SHIELD = "        with anyio.CancelScope(shield=True), anyio.move_on_after(5):\n"
SAVED = "            await super().handle_stream_cancelled(thread, pending_items, context)\n"
HISTORY = "history = await simple_to_agent_input(page.data[::-1])"
