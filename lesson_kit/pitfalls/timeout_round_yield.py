"""A time limit with a `yield` inside.

The user sees: on a slow connection the answer breaks off, without an error; after a reload it is gone.
Why: during a `yield` the generator rests and its reader works. The limit then cancels the reader.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene

LIMIT = 5.0
"""Seconds that the model may take."""


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        events = stream_agent_response(ctx, result)
        try:
            async with asyncio.timeout(LIMIT):  # broken here
                async for event in events:
                    yield event
        except TimeoutError:
            raise CustomStreamError("The model took too long.", allow_retry=True) from None
        finally:
            result.cancel()


class Fixed(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, history, context=ctx)
        events = stream_agent_response(ctx, result)
        try:
            while True:
                async with asyncio.timeout(LIMIT):  # no yield inside
                    event = await anext(events, None)
                if event is None:
                    break
                yield event
        except TimeoutError:
            raise CustomStreamError("The model took too long.", allow_retry=True) from None
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    [recording] = evidence.recordings
    return recording.outcome == "cut" and bool(recording.text) and not evidence.answers


PITFALL = Pitfall(
    name="timeout_round_yield",
    title="A time limit with a yield inside",
    symptom="On a slow connection the answer breaks off in mid-sentence, with no error; after a reload it is gone.",
    reason=(
        "While a generator rests at yield, the code that reads it runs, in the same task. asyncio.timeout cancels "
        "that task wherever it is: here in the send to a slow reader, outside respond. So the limit never becomes a "
        "TimeoutError, ChatKit's handler is not called, and the response is cut. Put the limit round the wait for "
        "the next event only, with no yield inside."
    ),
    ledger=("finding 7", "A40"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS), read_delay=0.2),
    shows=_shows,
)
