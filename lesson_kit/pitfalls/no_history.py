"""The model is asked the last message alone.

The user sees: "I do not know your name", one line below the line that told it.
Why: a model remembers nothing; what it shall know must be in its input.
"""
# `respond` may be called without a message; the broken half does not expect that (ledger B8).
# mypy: ignore-errors

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Reply, Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import Scene


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await simple_to_agent_input(input_user_message)  # broken here
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(page.data[::-1])
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    return "My name is Ada." not in str(evidence.asked[-1])


PITFALL = Pitfall(
    name="no_history",
    title="The last message alone, without the conversation",
    symptom="The user says a name and asks for it again; the second question reaches the model alone, so it cannot know.",
    reason=(
        "Each call of a model stands for itself. ChatKit keeps the thread in your store and hands respond the last "
        "message only (and none at all after a client tool). Load the thread's items, oldest first, and convert "
        "them: simple_to_agent_input(items)."
    ),
    ledger=("A13", "B8", "B9"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(
        Script(Reply("Good to meet you."), Reply("Your name is what you told me.")),
        questions=("My name is Ada.", "What is my name?"),
    ),
    shows=_shows,
)
