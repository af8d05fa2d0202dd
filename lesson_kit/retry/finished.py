"""A Chat Completions model whose stream must say that it is finished.

A connection that is closed in good order looks like the end of an answer. In the Responses API the event
`response.completed` tells the two apart. In Chat Completions `finish_reason` does, and then `[DONE]`. But the Agents
SDK asks for a finish_reason only where the server is OpenAI's own (agents/models/openai_chatcompletions.py), and the
OpenAI client never asks for `[DONE]` (openai/_streaming.py). With any other server, half an answer passes for a whole
one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from agents import OpenAIChatCompletionsModel
from agents.exceptions import ModelBehaviorError
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk

if TYPE_CHECKING:
    from openai._streaming import ServerSentEvent

__all__ = ["FinishedChatModel"]


class FinishedChatModel(OpenAIChatCompletionsModel):
    """The Agents SDK's model, which also raises `ModelBehaviorError` when a stream just ends.

    Either sign of the end is enough: some servers leave the other one out.
    """

    async def _fetch_response(self, *args: Any, **kwargs: Any) -> Any:
        # The one place where the SDK hands its stream on; what it makes of it hides how it ended.
        fetched = await super()._fetch_response(*args, **kwargs)
        if not isinstance(fetched, tuple):
            return fetched  # an answer that did not stream
        response, stream = fetched
        return response, _Finished(stream)


class _Finished:
    """Passes the chunks of a stream on, and raises `ModelBehaviorError` in place of an end that nobody announced."""

    def __init__(self, stream: AsyncStream[ChatCompletionChunk]) -> None:
        self.response = stream.response  # the SDK reads the request's id there
        self._stream = stream
        self._finished = False
        self._decode = stream._decoder.aiter_bytes
        # The client swallows `[DONE]`; its decoder is the last who sees it.
        stream._decoder.aiter_bytes = self._listen  # type: ignore[method-assign]

    def __aiter__(self) -> _Finished:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            if self._finished:
                raise
            raise ModelBehaviorError(
                "The Chat Completions stream just ended: no finish_reason came, and no [DONE]."
            ) from None
        self._finished |= any(choice.finish_reason for choice in chunk.choices or ())
        return chunk

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def _listen(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        async for event in self._decode(iterator):
            self._finished |= event.data.startswith("[DONE]")
            yield event
