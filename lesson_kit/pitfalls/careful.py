"""A ChatKit server that is right all round, so that each pitfall shows alone.

Most broken halves and fixed halves are this server with a `respond` of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ThreadItem, ThreadMetadata, UserMessageItem

from .one_turn import OneTurnServer

__all__ = ["CarefulServer"]


class CarefulServer(OneTurnServer):
    """Asks the model the whole conversation, stops it when the turn ends, keeps the partial of a reader who left."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[Any]:
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
        # A disconnect cancels every later await of the request, the store's included (ledger, finding 4).
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)
