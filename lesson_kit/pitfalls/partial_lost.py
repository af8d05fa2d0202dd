"""The partial answer is lost when the reader leaves.

The user sees: text came, the page was closed, and after a reload the text is gone.
Why: a real disconnect cancels every later await of the request, the store's included.
"""
# The document's own handler, with its nested ifs.
# ruff: noqa: SIM102

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import anyio
from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import (
    AssistantMessageItem,
    HiddenContextItem,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        for item in pending_items:
            if isinstance(item, AssistantMessageItem):
                if any(content.text.strip() for content in item.content):
                    await self.store.add_thread_item(thread.id, item, context)  # broken here

        note = HiddenContextItem(
            id=self.store.generate_item_id("sdk_hidden_context", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content="User cancelled the previous response.",
        )
        await self.store.add_thread_item(thread.id, note, context)  # broken here


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            for item in pending_items:
                if isinstance(item, AssistantMessageItem):
                    if any(content.text.strip() for content in item.content):
                        await self.store.add_thread_item(thread.id, item, context)

            note = HiddenContextItem(
                id=self.store.generate_item_id("sdk_hidden_context", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content="User cancelled the previous response.",
            )
            await self.store.add_thread_item(thread.id, note, context)


def _shows(evidence: Evidence) -> bool:
    return any(evidence.seen) and not evidence.answers


PITFALL = Pitfall(
    name="partial_lost",
    title="The partial answer is lost on a disconnect",
    symptom="Text came, the user closed the page; after a reload the text is gone.",
    reason=(
        "When a reader leaves, Starlette cancels an anyio scope, and in that scope every later await is cancelled "
        "too, the store's included. So the handler begins, and its first save never ends. ChatKit's own handler has "
        "the same fault. Save inside anyio.CancelScope(shield=True), with a time limit."
    ),
    ledger=("finding 4", "B21", "B38"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS), leave_after=10),
    shows=_shows,
)
