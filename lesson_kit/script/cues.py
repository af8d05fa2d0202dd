"""What a reply makes happen, and when, in seconds after the model was called. Nothing here waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from agents import Usage
from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai.types.responses import ResponseUsage
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from .faults import build_error
from .reply import Reply
from .responses import FunctionCall, Message, Reasoning, Refusal, Writer

__all__ = ["Cue", "Performance", "due_times"]

# The size of the pieces in which a tool's arguments stream.
_PIECE = re.compile(r".{1,12}", re.DOTALL)


@dataclass(frozen=True)
class Cue:
    """One thing that happens `at` seconds after the call: an event, or a fault.

    `delta` is set when the event carries a text delta. A "stall" is for ever; a stall of some seconds only moves
    what comes later.
    """

    at: float
    event: TResponseStreamEvent | None = None
    delta: str | None = None
    fault: Literal["stall", "error", "end"] | None = None


def due_times(reply: Reply) -> list[float]:
    """List when each delta is due, in seconds after the call, and last when the reply ends."""
    gap, many = reply.gap, len(reply.deltas)
    if isinstance(gap, float):
        due = [reply.thinking + k * gap for k in range(many)]  # a product, not a sum: no drift
    else:
        due = list(accumulate(gap, initial=reply.thinking))[:many]
    # A burst is what a buffer on the way makes: deltas are held back until its last one is there.
    due = [due[min(k - k % reply.burst + reply.burst, many) - 1] for k in range(many)]
    due.append(due[-1] if due else reply.thinking)
    if reply.stall_at is not None and reply.stall_for is not None:
        due[reply.stall_at :] = [at + reply.stall_for for at in due[reply.stall_at :]]
    return [round(at, 9) for at in due]


class Performance:
    """One reply on its way out: its events, ids and cost.

    `output` and `usage` are what the API reports at the end. `number` counts the model's calls from 1 and makes the
    ids; `words_in` is the size of the input in words.
    """

    def __init__(self, reply: Reply, number: int, words_in: int) -> None:
        self.reply = reply
        self._number = number
        self._due = due_times(reply)
        self.response_id = reply.item_id or f"resp_{number}"
        self._writer = Writer(self.response_id)
        tokens_out = len(reply.deltas) + len(reply.reasoning)
        self._tokens = reply.usage or (words_in, tokens_out)

    @property
    def output(self) -> list[TResponseOutputItem]:
        return list(self._writer.output)

    @property
    def usage(self) -> Usage:
        reported = self._reported_usage()
        return Usage(
            requests=1,
            input_tokens=reported.input_tokens,
            output_tokens=reported.output_tokens,
            total_tokens=reported.total_tokens,
            input_tokens_details=reported.input_tokens_details,
            output_tokens_details=reported.output_tokens_details,
        )

    def error(self) -> Exception:
        """Make the error that the reply's "error" cue stands for, fresh."""
        assert self.reply.error is not None
        return build_error(self.reply.error, self.reply.retry_after)

    def cues(self) -> Iterator[Cue]:
        """Yield what happens, in order of time. Nothing is meant to happen after a fault."""
        reply, end = self.reply, self._due[-1]
        if reply.error is not None and reply.error_at == 0:
            # The API answers the request with an HTTP error, and there is no stream at all.
            yield from self._faults(0)
        yield from _at(0.0, self._writer.begin())
        if reply.reasoning:
            yield from self._reasoning()
        if reply.deltas or not reply.calls:
            yield from self._message()
        else:
            yield from self._faults(0)
        yield from _at(end, self._calls())
        yield Cue(end, self._writer.complete(self._reported_usage()))

    def _reasoning(self) -> Iterator[Cue]:
        item, pieces = Reasoning(self._writer, self._id("rs-script")), self.reply.reasoning
        yield from _at(0.0, item.open())
        at = 0.0
        for k, piece in enumerate(pieces, 1):
            # Evenly over the thinking time, so that all comes before the first delta.
            at = round(self.reply.thinking * k / (len(pieces) + 1), 9)
            yield Cue(at, item.say(piece))
        yield from _at(at, item.close())

    def _message(self) -> Iterator[Cue]:
        kind = Refusal if self.reply.refusal else Message
        item, end = kind(self._writer, self._id("msg-script")), len(self.reply.deltas)
        yield from self._faults(0)
        yield from _at(self._due[0], item.open())
        for k, delta in enumerate(self.reply.deltas):
            if k > 0:
                yield from self._faults(k)
            yield Cue(self._due[k], item.say(delta), delta=delta)
        if end > 0:
            yield from self._faults(end)
        yield from _at(self._due[end], item.close())

    def _calls(self) -> Iterator[TResponseStreamEvent]:
        for place, call in enumerate(self.reply.calls, 1):
            # The call id stays distinct even where all item ids are "__fake_id__", as with Chat Completions.
            call_id = call.call_id or f"call-script-{self._number}-{place}"
            item_id = self.reply.item_id or f"fc-script-{self._number}-{place}"
            item = FunctionCall(self._writer, item_id, call.name, call_id)
            yield from item.open()
            for piece in _PIECE.findall(str(call.arguments)):
                yield item.say(piece)
            yield from item.close()

    def _faults(self, place: int) -> Iterator[Cue]:
        reply = self.reply
        if reply.stall_at == place and reply.stall_for is None:
            yield Cue(self._due[place], fault="stall")
        if reply.error is not None and reply.error_at == place:
            yield Cue(self._due[place], fault="error")
        if reply.end_at == place:
            yield Cue(self._due[place], fault="end")

    def _id(self, prefix: str) -> str:
        return self.reply.item_id or f"{prefix}-{self._number}"

    def _reported_usage(self) -> ResponseUsage:
        tokens_in, tokens_out = self._tokens
        return ResponseUsage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            total_tokens=tokens_in + tokens_out,
            input_tokens_details=InputTokensDetails.model_validate(
                {"cached_tokens": 0, "cache_write_tokens": 0}
            ),
            output_tokens_details=OutputTokensDetails(
                reasoning_tokens=min(len(self.reply.reasoning), tokens_out)
            ),
        )


def _at(at: float, events: Iterable[TResponseStreamEvent]) -> Iterator[Cue]:
    return (Cue(at, event) for event in events)
