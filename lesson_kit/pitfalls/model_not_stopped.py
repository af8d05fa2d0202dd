"""The model goes on after the reader has left.

The user sees: nothing. The owner sees the bill: every token is made and paid for.
Why: the run is a task of its own, and ChatKit does not stop it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene

LEAVES_AFTER = 10
"""Text deltas."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)  # broken here
        async for event in stream_agent_response(ctx, result):  # broken here
            yield event


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


def _shows(evidence: Evidence) -> bool:
    left = all(recording.outcome == "stopped" for recording in evidence.recordings)
    # One or two more may be on their way while the reader leaves.
    return left and evidence.made > LEAVES_AFTER + 2


PITFALL = Pitfall(
    name="model_not_stopped",
    title="The model goes on after the reader has left",
    symptom="The user stops after 10 words, and the model makes all 50: tokens that are paid for and that nobody reads.",
    reason=(
        "run_streamed starts a task of its own. Nothing in ChatKit stops it, neither on a disconnect nor on break. "
        "Call result.cancel() in a finally: it does not wait, so it works for a cancel and for a closed generator "
        "as well."
    ),
    ledger=("finding 3", "B20", "B38"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS), leave_after=LEAVES_AFTER),
    shows=_shows,
)
