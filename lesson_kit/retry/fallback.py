"""A model that asks again, or asks another one, as long as its first word has not been heard.

The Agents SDK retries a stream too (`ModelSettings(retry=...)`, agents/run_internal/model_retry.py), but it has no
second model, and it stops as soon as the item was announced, before its first word.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
from agents import Model, ModelResponse
from agents.exceptions import ModelBehaviorError
from agents.items import TResponseStreamEvent

from .backoff import Backoff
from .worth import another_helps, retry_after, same_helps

__all__ = ["FallbackModel", "Try"]

logger = logging.getLogger(__name__)

# The request that was too slow: which one it was, only the model knows.
_UNKNOWN = httpx2.Request("POST", "https://unknown.invalid/")


@dataclass(frozen=True)
class Try:
    """A try that failed, and what comes next. `t` is loop time in seconds, `model` counts from 1."""

    t: float
    model: int
    error: Exception
    wait: float | None  # seconds until the same model is asked again
    gives_up: bool

    def __str__(self) -> str:
        then = "gives up" if self.gives_up else "next model"
        if self.wait is not None:
            then = f"again in {self.wait:.2f} s"
        return f"{self.t:.2f} s: model {self.model} failed, {type(self.error).__name__}; {then}"


class FallbackModel(Model):
    """Asks each model in turn, `1 + retries` times at most, until one begins to speak.

    Nothing is passed on before a try's first word (or its first piece of reasoning, or of a tool's arguments): so a
    try that fails earlier leaves no trace, and no word is ever said twice. After the first word an error is raised, as
    without this class.

    `first_token` limits each try's silence before it, in seconds; then it has failed with `openai.APITimeoutError`. A server's own limit on it must leave room for
    all tries. `tell` is called with each failed try. Give the OpenAI clients `max_retries=0`, or their
    tries multiply with these.
    """

    def __init__(
        self,
        *models: Model,
        retries: int = 0,
        backoff: Backoff | None = None,
        first_token: float | None = None,
        tell: Callable[[Try], None] = lambda tried: None,
    ) -> None:
        if not models or not all(isinstance(model, Model) for model in models):
            raise TypeError(
                f"FallbackModel takes models, the best one first, but {models!r} came. "
                'Make one out of a name: OpenAIResponsesModel("gpt-4o", client).'
            )
        if retries < 0 or (first_token is not None and not first_token > 0):
            raise ValueError(
                "FallbackModel expected retries= of at least 0 and first_token= above 0 seconds or None, "
                f"but got {retries!r} and {first_token!r}."
            )
        self._models = models
        self._retries = retries
        self._backoff = backoff or Backoff()
        self._first_token = first_token
        self._tell = tell

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        plan = _Plan(self._models, self._retries, self._backoff)
        while True:
            stream: Any = plan.model.stream_response(*args, **kwargs)
            async with contextlib.aclosing(stream):
                try:
                    # No `yield` in here: a timeout round a yield would cancel whoever reads (ledger, finding 7).
                    async with asyncio.timeout(self._first_token) as limit:
                        held = await _until_first_word(stream)
                except Exception as error:
                    # As the client says it of its own limit: a bare TimeoutError may be anybody's.
                    late = openai.APITimeoutError(_UNKNOWN) if limit.expired() else error
                    wait = self._next(plan, late)
                else:
                    for event in held:
                        yield event
                    async for event in stream:
                        yield event
                    return
            await asyncio.sleep(wait)

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        plan = _Plan(self._models, self._retries, self._backoff)
        while True:
            try:
                return await plan.model.get_response(*args, **kwargs)
            except Exception as error:
                wait = self._next(plan, error)
            await asyncio.sleep(wait)

    async def close(self) -> None:
        for model in self._models:
            await model.close()

    def _next(self, plan: _Plan, error: Exception) -> float:
        """Decide what comes after a failed try: the seconds to wait for it. Raises the error when nothing does."""
        tried = plan.failed(error)
        logger.info("%s: %s", tried, error)
        self._tell(tried)
        if tried.gives_up:
            raise error
        return tried.wait or 0.0


class _Plan:
    """Which model is asked next, in one call."""

    def __init__(self, models: tuple[Model, ...], retries: int, backoff: Backoff) -> None:
        self._models = models
        self._retries = retries
        self._backoff = backoff
        self._place = 0
        self._failed = 0  # tries of this model

    @property
    def model(self) -> Model:
        return self._models[self._place]

    def failed(self, error: Exception) -> Try:
        place, wait = self._place, None
        self._failed += 1
        if same_helps(error) and self._failed <= self._retries:
            wait = self._backoff.wait(self._failed, retry_after=retry_after(error))
        gives_up = False
        if wait is None:
            gives_up = not another_helps(error) or place + 1 == len(self._models)
            self._place, self._failed = min(place + 1, len(self._models) - 1), 0
        now = round(asyncio.get_running_loop().time(), 9)
        return Try(now, place + 1, error, wait, gives_up)


async def _until_first_word(
    stream: AsyncIterator[TResponseStreamEvent],
) -> list[TResponseStreamEvent]:
    """Collect events up to the first one that a user could see."""
    held: list[TResponseStreamEvent] = []
    async for event in stream:
        held.append(event)
        # In the Responses API an error is an event too; the SDK's model raises when it is asked for the next one.
        if event.type not in _ERRORS and (hasattr(event, "delta") or event.type in _WHOLE):
            return held
    raise ModelBehaviorError("The model's stream ended before its first word.")


_WHOLE = {"response.output_item.done", "response.completed"}
_ERRORS = {"error", "response.failed", "response.incomplete"}
