"""All answers have the same id, so each overwrites the last.

The user sees: after a reload only the newest answer is there, in the place of the first.
Why: the helper takes the model's id for the item, and Chat Completions models have none to give.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Reply, Script
from ..server.identity import FreshIds
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import Scene


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):  # broken here
                yield event  # broken here
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        ids = FreshIds(ctx.generate_id)
        try:
            async for event in stream_agent_response(ctx, result):
                for renamed in ids.rename(event):
                    yield renamed
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    return all(evidence.seen) and len(evidence.answers) < len(evidence.seen)


PITFALL = Pitfall(
    name="duplicate_ids",
    title="Every answer has the same id",
    symptom="Two questions, two answers seen; after a reload the second answer stands in the place of the first, which is gone.",
    reason=(
        "The helper uses the id that the model gives its message, and saving under a known id overwrites. Chat "
        "Completions knows no such ids: the Agents SDK calls each message __fake_id__. Give every item an id of the "
        "store's on its way out, the same on its added, updated and done events."
    ),
    ledger=("finding 8",),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(
        Script(
            Reply("The first answer.", item_id="__fake_id__"),
            Reply("The second answer.", item_id="__fake_id__"),
        ),
        questions=("One?", "Two?"),
    ),
    shows=_shows,
)
