"""A Chat Completions model in a wrapper that gives each message an id of its own."""

from __future__ import annotations

import uuid
from typing import Any

import anyio
from agents import Agent, Model, OpenAIChatCompletionsModel, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from openai import AsyncOpenAI


class Unique(Model):
    def __init__(self, inner: Model) -> None:
        self.inner = inner

    async def get_response(self, *args: Any, **kwargs: Any) -> Any:
        return await self.inner.get_response(*args, **kwargs)

    async def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        fresh = f"msg_{uuid.uuid4().hex}"
        async for event in self.inner.stream_response(*args, **kwargs):
            if getattr(event, "item_id", None):
                event.item_id = fresh
            if getattr(event, "item", None):
                event.item.id = fresh
            yield event


class Wrapped(ChatKitServer[Any]):
    def __init__(self, store: Any) -> None:
        super().__init__(store)
        client = AsyncOpenAI(base_url="http://localhost:1/v1", api_key="none")
        model = Unique(OpenAIChatCompletionsModel(model="llama3", openai_client=client))
        self.agent = Agent[Any](name="Wrapped", model=model)
        self.runs: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        if thread.id in self.runs:
            self.runs[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(page.data), context=ctx)
        self.runs[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
