"""Pieces of answers to ex05, from which the whole ones are put together."""

from __future__ import annotations

TOP = """import asyncio
from datetime import datetime

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import *


class CarefulServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model)
        self.tasks = set()

    async def respond(self, thread, input_user_message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(page.data[::-1])
        result = Runner.run_streamed(self.agent, history, context=ctx)
"""
QUEUE = """        events = asyncio.Queue()

        async def read():
            try:
                async for event in stream_agent_response(ctx, result):
                    await events.put((event, None))
                await events.put((None, None))
            except Exception as error:
                await events.put((None, error))

        reading = asyncio.create_task(read())
        self.tasks.add(reading)
        reading.add_done_callback(self.tasks.discard)
        try:
            while True:
                event, error = await events.get()
                if error:
                    raise error
                if event is None:
                    break
                yield event
        finally:
            result.cancel()
"""
HANDLER = """
    async def handle_stream_cancelled(self, thread, pending_items, context):
"""
SHIELDED = (
    HANDLER
    + """        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)
"""
)
# The handler of the lesson document, as it stands there.
DOCUMENT = (
    HANDLER
    + """        for item in pending_items:
            if isinstance(item, AssistantMessageItem):
                if any(content.text.strip() for content in item.content):
                    await self.store.add_thread_item(thread.id, item, context=context)

        await self.store.add_thread_item(
            thread.id,
            HiddenContextItem(
                id=self.store.generate_item_id("sdk_hidden_context", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content="User cancelled the previous response.",
            ),
            context=context,
        )
"""
)
