"""A task of its own reads the run into a queue; waits have limits, yields have none."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer

END = object()


class Pumped(ChatKitServer[Any]):
    def __init__(self, storage: Any, patience: float = 30.0) -> None:
        super().__init__(storage)
        self.patience, self.runs, self.tasks = patience, {}, set()

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        if old := self.runs.get(thread.id):
            old.cancel()
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input(page.data)
        run = self.runs[thread.id] = Runner.run_streamed(Agent(name="Pumped"), asked, context=ctx)
        queue: asyncio.Queue[Any] = asyncio.Queue()
        pump = asyncio.create_task(self.pump(ctx, run, queue))
        self.tasks.add(pump)
        pump.add_done_callback(self.tasks.discard)
        try:
            while True:
                try:
                    async with asyncio.timeout(self.patience):
                        event = await queue.get()
                except TimeoutError:
                    raise CustomStreamError("The model fell silent.", allow_retry=True) from None
                if event is END:
                    break
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            run.cancel()

    async def pump(self, ctx: Any, run: Any, queue: Any) -> None:
        try:
            async for event in stream_agent_response(ctx, run):
                queue.put_nowait(event)
        except Exception as error:
            queue.put_nowait(error)
        queue.put_nowait(END)

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
