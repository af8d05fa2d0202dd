"""A model that notes what another model says while it says it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, cast

from agents.items import ModelResponse, TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses as api
from pydantic import BaseModel

from ..recording.moment import exact, parse
from ..script import ToolCall
from .fault import Fault
from .take import Piece, Speech, Take

__all__ = ["Listener"]

_SPEECH: dict[type[Any], Speech] = {
    api.ResponseTextDeltaEvent: "text",
    api.ResponseRefusalDeltaEvent: "refusal",
    api.ResponseReasoningSummaryTextDeltaEvent: "reasoning",
    api.ResponseReasoningTextDeltaEvent: "reasoning",
}
# The two ends of the Responses API that are no completion: the Runner raises at both.
_BROKEN = (api.ResponseFailedEvent, api.ResponseIncompleteEvent)


class Listener(Model):
    """Passes every call on to `model`, and what comes back to the caller, unchanged and at the same moment.

    Each call becomes a `Take` at the end of `takes`, filled while the model speaks.
    """

    def __init__(self, model: Model, takes: list[Take], *, keep_input: bool) -> None:
        self._model = model
        self._takes = takes
        self._keep_input = keep_input

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask for a whole answer, and note it as a single delta at its end."""
        take, now = self._begin(args, kwargs)
        try:
            response = await self._model.get_response(*args, **kwargs)
        except Exception as error:
            take.ending, take.fault = "error", Fault.of(error)
            raise
        finally:
            take.t = now()  # also of a call that was cancelled
        take.ending = "done"
        _hear_output(take, response.output, response.response_id)
        if response.usage.requests:
            take.usage = (response.usage.input_tokens, response.usage.output_tokens)
        return response

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Pass the stream on, and note every delta when it is made."""
        take, now = self._begin(args, kwargs)
        stream = cast(
            "AsyncGenerator[TResponseStreamEvent]", self._model.stream_response(*args, **kwargs)
        )
        try:
            async for event in stream:
                take.t = now()
                _hear(take, event)
                yield event
            take.t = now()
            if take.ending == "stopped":
                take.ending = "cut"
        except Exception as error:
            take.t, take.ending, take.fault = now(), "error", Fault.of(error)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            take.t = now()
            raise
        finally:
            if hasattr(
                stream, "aclose"
            ):  # any iterator is a stream; only a generator must be closed
                async with aclosing(stream):
                    pass

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def _cleanup_on_run_end(self, owner: object) -> None:
        await self._model._cleanup_on_run_end(owner)

    def get_retry_advice(self, request: Any) -> Any:
        """Ask the model."""
        return self._model.get_retry_advice(request)

    def _begin(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Take, Callable[[], float]]:
        clock = asyncio.get_running_loop().time
        began = clock()
        take = Take()
        if self._keep_input:
            take.asked = _plain(args[1] if len(args) > 1 else kwargs.get("input"))
        self._takes.append(take)
        return take, lambda: exact(clock() - began)


def _hear(take: Take, event: TResponseStreamEvent) -> None:
    kind = _SPEECH.get(type(event))
    if kind:
        take.pieces.append(Piece(take.t, kind, _whole(cast(Any, event).delta)))
    elif isinstance(event, api.ResponseCompletedEvent):
        take.ending = "done"
        _hear_output(take, event.response.output, event.response.id)
        usage = event.response.usage
        take.usage = (usage.input_tokens, usage.output_tokens) if usage else None
    elif isinstance(event, _BROKEN):
        take.left_out.append(event.type)


def _hear_output(take: Take, output: list[Any], response_id: str | None) -> None:
    """Note from the finished output what did not come as deltas: tool calls, and the text of a whole answer."""
    spoken = bool(take.words("text", "refusal"))
    for item in output:
        match getattr(item, "type", ""):
            case "function_call":
                call_id = item.call_id or None
                take.calls.append(ToolCall(item.name, item.arguments, call_id=call_id))
            case "message" if not spoken:
                _hear_message(take, item)
            case "reasoning" if not take.words("reasoning"):
                parts = [Piece(take.t, "reasoning", _whole(part.text)) for part in item.summary]
                take.pieces[:0] = parts
            case "message" | "reasoning":
                pass
            case other:
                take.left_out.append(str(other))
    ids = {getattr(item, "id", None) for item in output}
    if ids == {response_id}:
        take.item_id = response_id


def _hear_message(take: Take, item: Any) -> None:
    for part in item.content:
        kind: Speech = "refusal" if part.type == "refusal" else "text"
        words = part.refusal if part.type == "refusal" else part.text
        if words:
            take.pieces.append(Piece(take.t, kind, _whole(words)))


def _whole(words: str) -> str:
    """Mend halves of surrogate pairs: a script sends UTF-8, which cannot say them."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(asked: Any) -> Any:
    """Copy the input as JSON now: the SDK goes on changing its list."""
    return parse(json.dumps(asked, default=_as_json))


def _as_json(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else repr(value)
