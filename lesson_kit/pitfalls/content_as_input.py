"""The message's content goes to the model as it is.

The user sees: an answer that does not fit the question, and no error.
Why: the content is a list of ChatKit's own objects; the model receives them as nested lists of words.
"""
# Wrong types are the point here.
# mypy: ignore-errors

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agents import Runner
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from ..script import Script
from ..script.question import last_question
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import WORDS, Scene


class Broken(CarefulServer):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = input_user_message.content  # broken here
        result = Runner.run_streamed(self.agent, asked, context=ctx)
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
        asked = await self.history(thread, context)
        result = Runner.run_streamed(self.agent, asked, context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()


def _shows(evidence: Evidence) -> bool:
    unread = bool(evidence.asked) and not any(map(last_question, evidence.asked))
    return unread and any(evidence.seen) and not evidence.errors


PITFALL = Pitfall(
    name="content_as_input",
    title="The message's content as the model's input",
    symptom="The answer does not fit the question, and there is no error: the model never got the user's words as a message.",
    reason=(
        "input_user_message.content is a list of ChatKit objects, and run_streamed does not check it. What goes over "
        'the wire is [[["type","input_text"],["text","hello"]]]. A fake model answers happily, so a test must look '
        "at what the model was asked. Convert it: simple_to_agent_input(items)."
    ),
    ledger=("finding 2", "B6"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(Script.say(WORDS)),
    shows=_shows,
)
