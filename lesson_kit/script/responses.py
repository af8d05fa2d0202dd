"""The Responses API's events for one output item: opened, spoken piece by piece, closed.

Order and fields are the real API's, as `agents.testing` also plays them (agents/testing/model.py,
`_stream_events_for_step`); that one sends each text as a single delta, which is no stream to learn from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Literal, cast

from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai import BaseModel
from openai.types import responses as api
from openai.types.responses import response_reasoning_item as reasoning_item
from openai.types.responses import response_reasoning_summary_part_added_event as part_added
from openai.types.responses import response_reasoning_summary_part_done_event as part_done

__all__ = ["FunctionCall", "Message", "OutputItem", "Reasoning", "Refusal", "Writer"]


class Writer:
    """Makes the events of one response, numbered from 0. `output` grows by each closed item."""

    def __init__(self, response_id: str) -> None:
        self.output: list[TResponseOutputItem] = []
        self._id = response_id
        self._numbers = count()

    def event(self, kind: type[BaseModel], **fields: Any) -> TResponseStreamEvent:
        # Each kind of event allows one type name only, so it need not be written twice.
        name = kind.model_fields["type"].annotation.__args__[0]  # type: ignore[union-attr]
        fields |= {"type": name, "sequence_number": next(self._numbers)}
        return cast(TResponseStreamEvent, kind(**fields))

    def begin(self) -> Iterator[TResponseStreamEvent]:
        yield self.event(api.ResponseCreatedEvent, response=self._response("in_progress"))
        yield self.event(api.ResponseInProgressEvent, response=self._response("in_progress"))

    def complete(self, usage: api.ResponseUsage) -> TResponseStreamEvent:
        response = self._response("completed", list(self.output), usage)
        return self.event(api.ResponseCompletedEvent, response=response)

    def _response(
        self,
        status: Literal["in_progress", "completed"],
        output: list[TResponseOutputItem] | None = None,
        usage: api.ResponseUsage | None = None,
    ) -> api.Response:
        return api.Response(
            id=self._id,
            created_at=0,  # the wall clock would make each run differ
            model="script",
            object="response",
            output=output or [],
            parallel_tool_calls=False,
            status=status,
            tool_choice="auto",
            tools=[],
            usage=usage,
        )


class OutputItem:
    """One item of a response while it is being spoken. Subclasses say which events their kind has."""

    def __init__(self, writer: Writer, item: TResponseOutputItem) -> None:
        self.text = ""  # what has been said so far
        self._writer = writer
        self._item: Any = item
        self._index = len(writer.output)

    def open(self) -> Iterator[TResponseStreamEvent]:
        """Announce the item, still empty."""
        yield self._writer.event(
            api.ResponseOutputItemAddedEvent, item=self._item, output_index=self._index
        )
        yield from self._begin()

    def say(self, piece: str) -> TResponseStreamEvent:
        """Say one piece."""
        self.text += piece
        return self._delta(piece)

    def close(self) -> Iterator[TResponseStreamEvent]:
        """Say the whole once more, finished."""
        yield from self._end()
        done = self._item.model_copy(update={"status": "completed", **self._finished()})
        self._writer.output.append(done)
        yield self._writer.event(
            api.ResponseOutputItemDoneEvent, item=done, output_index=self._index
        )

    def _event(self, kind: type[BaseModel], **fields: Any) -> TResponseStreamEvent:
        return self._writer.event(kind, item_id=self._item.id, output_index=self._index, **fields)

    def _begin(self) -> Iterator[TResponseStreamEvent]:
        yield from ()

    def _delta(self, piece: str) -> TResponseStreamEvent:
        raise NotImplementedError

    def _end(self) -> Iterator[TResponseStreamEvent]:
        raise NotImplementedError

    def _finished(self) -> dict[str, Any]:
        """Say which fields of the item are filled at its end."""
        raise NotImplementedError


class Message(OutputItem):
    """The answer's text."""

    def __init__(self, writer: Writer, item_id: str) -> None:
        item = api.ResponseOutputMessage(
            id=item_id, type="message", role="assistant", status="in_progress", content=[]
        )
        super().__init__(writer, item)

    def _part(self) -> api.ResponseOutputText | api.ResponseOutputRefusal:
        return api.ResponseOutputText(
            type="output_text", text=self.text, annotations=[], logprobs=[]
        )

    def _begin(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(api.ResponseContentPartAddedEvent, content_index=0, part=self._part())

    def _delta(self, piece: str) -> TResponseStreamEvent:
        return self._event(api.ResponseTextDeltaEvent, content_index=0, delta=piece, logprobs=[])

    def _end(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(api.ResponseTextDoneEvent, content_index=0, text=self.text, logprobs=[])
        yield self._event(api.ResponseContentPartDoneEvent, content_index=0, part=self._part())

    def _finished(self) -> dict[str, Any]:
        return {"content": [self._part()]}


class Refusal(Message):
    """A message whose only part is a refusal. ChatKit sends its deltas to nobody; the Runner raises in the end."""

    def _part(self) -> api.ResponseOutputRefusal:
        return api.ResponseOutputRefusal(type="refusal", refusal=self.text)

    def _delta(self, piece: str) -> TResponseStreamEvent:
        return self._event(api.ResponseRefusalDeltaEvent, content_index=0, delta=piece)

    def _end(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(api.ResponseRefusalDoneEvent, content_index=0, refusal=self.text)
        yield self._event(api.ResponseContentPartDoneEvent, content_index=0, part=self._part())


class Reasoning(OutputItem):
    """The summary of what the model thought before it spoke."""

    def __init__(self, writer: Writer, item_id: str) -> None:
        item = api.ResponseReasoningItem(
            id=item_id, type="reasoning", summary=[], status="in_progress"
        )
        super().__init__(writer, item)

    def _begin(self) -> Iterator[TResponseStreamEvent]:
        part = part_added.Part(type="summary_text", text="")
        yield self._event(api.ResponseReasoningSummaryPartAddedEvent, summary_index=0, part=part)

    def _delta(self, piece: str) -> TResponseStreamEvent:
        return self._event(api.ResponseReasoningSummaryTextDeltaEvent, summary_index=0, delta=piece)

    def _end(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(
            api.ResponseReasoningSummaryTextDoneEvent, summary_index=0, text=self.text
        )
        part = part_done.Part(type="summary_text", text=self.text)
        yield self._event(api.ResponseReasoningSummaryPartDoneEvent, summary_index=0, part=part)

    def _finished(self) -> dict[str, Any]:
        return {"summary": [reasoning_item.Summary(type="summary_text", text=self.text)]}


class FunctionCall(OutputItem):
    """A call of a function tool. Its arguments stream as deltas too: not all deltas are text (ledger A8)."""

    def __init__(self, writer: Writer, item_id: str, name: str, call_id: str) -> None:
        item = api.ResponseFunctionToolCall(
            id=item_id,
            type="function_call",
            name=name,
            call_id=call_id,
            arguments="",
            status="in_progress",
        )
        super().__init__(writer, item)

    def _delta(self, piece: str) -> TResponseStreamEvent:
        return self._event(api.ResponseFunctionCallArgumentsDeltaEvent, delta=piece)

    def _end(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(
            api.ResponseFunctionCallArgumentsDoneEvent,
            arguments=self.text,
            name=self._item.name,
        )

    def _finished(self) -> dict[str, Any]:
        return {"arguments": self.text}
