"""A model that plays a script, so that the real Runner drives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from agents import Usage
from agents.items import TResponseStreamEvent
from agents.testing import (
    ModelCall,
    ModelStep,
    ScriptedModel,
    UnconsumedModelSteps,
    UnexpectedModelCall,
)
from openai.types.responses import ResponseCompletedEvent

from .cues import Performance
from .faults import build_error
from .question import count_words, last_question
from .reply import Reply

__all__ = ["AnswerFunction", "Made", "ModelCall", "ScriptEnded", "ScriptModel"]

# What was asked, and the whole call (input, instructions, tools, ...) -> what to say.
AnswerFunction: TypeAlias = Callable[[str, ModelCall], Reply]


class ScriptEnded(UnexpectedModelCall):
    """The model was called again after the script's last reply."""


@dataclass(frozen=True)
class Made:
    """One text delta that the model produced, read or not: loop time `t` in seconds, and which call (from 1)."""

    t: float
    delta: str
    call: int


class ScriptModel(ScriptedModel):
    """Plays the replies of a script, one for each call; `Script.model()` makes it.

    It streams, and it answers whole after the same time. `made` lists every text delta that it produced, also those
    that nobody read; `usage` sums what the finished replies cost (the API reports nothing for a broken one).
    With `record=False` it keeps neither `made` nor `asked`: for a server that runs for days.
    """

    def __init__(
        self,
        replies: tuple[Reply, ...],
        *,
        then_repeat: bool = False,
        answer: AnswerFunction | None = None,
        record: bool = True,
    ) -> None:
        self.made: list[Made] = []
        self.usage = Usage()
        self._replies = replies
        self._then_repeat = then_repeat
        self._answer = answer
        self._record = record
        self._number = 0  # calls so far
        self._endless: set[asyncio.Future[None]] = set()
        super().__init__([ModelStep.respond(self._step)])

    @property
    def asked(self) -> list[Any]:
        """The full input of each call so far: a str or a list of input items. Yours to change: a deep copy."""
        return [call.input for call in self.calls]

    @property
    def remaining_steps(self) -> int:
        """How many replies nobody has asked for yet; 0 for a script that answers whatever is asked."""
        return max(0, len(self._replies) - self._number)

    def assert_complete(self) -> None:
        """Raise `UnconsumedModelSteps` when replies are left over."""
        if left := self.remaining_steps:
            raise UnconsumedModelSteps(
                f"the script has {len(self._replies)} replies, and nobody asked for the last {left}.",
                remaining_steps=left,
            )

    def _step(self, call: ModelCall) -> Any:
        # The SDK's queue must not run dry: how a script ends is said in `_next_reply`, in words that help.
        self.enqueue(ModelStep.respond(self._step))
        self._number += 1
        number = self._number
        if not self._record:
            self._calls.clear()  # the SDK has no switch for this (agents/testing/model.py)
        words = count_words(call.system_instructions, call.input)
        performance = Performance(self._next_reply(call, number), number, words)
        if call.streamed:
            return ModelStep.stream(lambda _: self._play(performance, number))
        return self._play_whole(performance, number)

    def _next_reply(self, call: ModelCall, number: int) -> Reply:
        if self._answer is not None:
            reply = self._answer(last_question(call.input), call)
            if not isinstance(reply, Reply):
                raise TypeError(
                    f"the function of Script.answering must return a Reply, but it returned {reply!r}. "
                    'Wrap the text: Reply("...").'
                )
            return reply
        many = len(self._replies)
        if number > many and not self._then_repeat:
            raise ScriptEnded(
                f"the script is at its end: it has {many} {'reply' if many == 1 else 'replies'}, and this is "
                f"call {number}. Add a Reply, or start over with then_repeat=True.",
                call=call,
                call_index=number - 1,
            )
        return self._replies[(number - 1) % many]

    async def _play(
        self, performance: Performance, number: int
    ) -> AsyncIterator[TResponseStreamEvent]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for cue in performance.cues():
            # Due times are absolute, so that delays do not add up. The loop gets its turn even when
            # there is nothing to wait for: else nobody could stop a model without gaps.
            await asyncio.sleep(max(0.0, began + cue.at - loop.time()))
            if cue.event is None:
                if cue.fault == "end":
                    return
                if cue.fault == "error":
                    raise performance.error()
                await self._stay_silent()
            if cue.delta is not None and self._record:
                self.made.append(Made(loop.time(), cue.delta, number))
            if isinstance(cue.event, ResponseCompletedEvent):
                self.usage.add(performance.usage)
                if not self._record:
                    # `add` keeps an entry for each request, for ever (agents/usage.py).
                    self.usage.request_usage_entries.clear()
            yield cue.event

    async def _play_whole(self, performance: Performance, number: int) -> ModelStep:
        finished = False
        async for event in self._play(performance, number):
            finished = isinstance(event, ResponseCompletedEvent)
        if not finished:
            # Half an HTTP body is of no use to anybody, and the real client says so.
            raise build_error("connection")
        return ModelStep(
            output=performance.output,
            usage=performance.usage,
            response_id=performance.response_id,
        )

    async def _stay_silent(self) -> NoReturn:
        """Wait for ever, without a timer: virtual time can then see that nothing more will come."""
        silence: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A real stalled model is kept alive by its socket; a future that nobody holds would be
        # collected together with the task that waits for it.
        self._endless.add(silence)
        try:
            await silence  # stall_at=N without stall_for=: this model never goes on
        finally:
            self._endless.discard(silence)
        raise AssertionError("somebody ended a silence that has no end")
