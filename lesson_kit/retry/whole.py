"""A model that is asked for its whole answer, and says it as a stream of large pieces.

For servers and networks through which no stream comes: the rest of a ChatKit server need not know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any, Literal, cast

from agents import Model, ModelResponse
from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai import BaseModel
from openai.types import responses as api
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

__all__ = ["WholeModel"]


class WholeModel(Model):
    """Calls `inner` without streaming. The user waits for the last word, and then sees all at once."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        response = await self._inner.get_response(*args, **kwargs)
        for event in _Retelling(response).events():
            yield event

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return await self._inner.get_response(*args, **kwargs)

    async def close(self) -> None:
        await self._inner.close()


class _Retelling:
    """The events of the Responses API that would have made this response."""

    def __init__(self, response: ModelResponse) -> None:
        self._response = response
        self._numbers = count()

    def events(self) -> Iterator[TResponseStreamEvent]:
        yield self._event(api.ResponseCreatedEvent, response=self._shown("in_progress"))
        for index, item in enumerate(self._response.output):
            yield from self._item(item, index)
        yield self._event(api.ResponseCompletedEvent, response=self._shown("completed"))

    def _item(self, item: TResponseOutputItem, index: int) -> Iterator[TResponseStreamEvent]:
        opened: Any = item
        if isinstance(item, api.ResponseOutputMessage):
            opened = item.model_copy(update={"content": [], "status": "in_progress"})
        yield self._event(api.ResponseOutputItemAddedEvent, item=opened, output_index=index)
        if isinstance(item, api.ResponseOutputMessage):
            for place, part in enumerate(item.content):
                where = {"item_id": item.id, "output_index": index, "content_index": place}
                yield from self._part(part, where)
        yield self._event(api.ResponseOutputItemDoneEvent, item=item, output_index=index)

    def _part(self, part: Any, where: dict[str, Any]) -> Iterator[TResponseStreamEvent]:
        if isinstance(part, api.ResponseOutputText):
            empty: Any = part.model_copy(update={"text": "", "annotations": []})
            yield self._event(api.ResponseContentPartAddedEvent, part=empty, **where)
            yield self._event(api.ResponseTextDeltaEvent, delta=part.text, logprobs=[], **where)
            yield self._event(api.ResponseTextDoneEvent, text=part.text, logprobs=[], **where)
        else:
            yield self._event(api.ResponseContentPartAddedEvent, part=part, **where)
        yield self._event(api.ResponseContentPartDoneEvent, part=part, **where)

    def _event(self, kind: type[BaseModel], **fields: Any) -> TResponseStreamEvent:
        name = kind.model_fields["type"].annotation.__args__[0]  # type: ignore[union-attr]
        fields |= {"type": name, "sequence_number": next(self._numbers)}
        return cast(TResponseStreamEvent, kind(**fields))

    def _shown(self, status: Literal["in_progress", "completed"]) -> api.Response:
        done = status == "completed"
        usage = self._response.usage
        return api.Response(
            id=self._response.response_id or "resp_whole",
            created_at=0,
            model="whole",
            object="response",
            output=list(self._response.output) if done else [],
            parallel_tool_calls=False,
            status=status,
            tool_choice="auto",
            tools=[],
            usage=_reported(usage) if done else None,
        )


def _reported(usage: Any) -> api.ResponseUsage:
    return api.ResponseUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        input_tokens_details=InputTokensDetails.model_validate(
            {"cached_tokens": 0, "cache_write_tokens": 0}
        ),
        output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
    )
