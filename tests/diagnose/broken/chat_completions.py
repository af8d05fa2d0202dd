"""A Chat Completions model: all of its messages have one id."""

from __future__ import annotations

from typing import Any

import anyio
from agents import Agent, OpenAIChatCompletionsModel, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from openai import AsyncOpenAI


class Assistant(ChatKitServer[Any]):
    def __init__(self, store: Any, model_name: str = "llama3") -> None:
        super().__init__(store)
        client = AsyncOpenAI(base_url="http://localhost:11434/v1", api_key="none")
        model = OpenAIChatCompletionsModel(model=model_name, openai_client=client)
        self.agent = Agent[Any](name="Local", model=model)
        self.running: dict[str, Any] = {}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        items = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        if thread.id in self.running:
            self.running[thread.id].cancel()
        run = Runner.run_streamed(self.agent, await simple_to_agent_input(items.data), context=ctx)
        self.running[thread.id] = run
        try:
            async for event in stream_agent_response(ctx, run):  # mend: duplicate_ids
                yield event
        finally:
            run.cancel()

    async def handle_stream_cancelled(self, thread: Any, pending_items: Any, context: Any) -> None:
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)
