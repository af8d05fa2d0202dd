"""A model whose failure waits until what it said before has been heard.

When a run fails, the Agents SDK throws away the events that it still holds (agents/result.py, `stream_events`): words
that the model has made, and that were paid for, are lost on a busy loop (ledger, finding 6). So the error is held back
for the few turns of the loop that the words need.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Model, ModelProvider, ModelResponse, MultiProvider
from agents.items import TResponseStreamEvent
from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest

from .turn import current_turn

# Turns of the loop. Each held event needs about three; nobody holds thousands, and an error must come out.
PATIENCE = 10_000


class PatientModel(Model):
    """Passes everything on to `inner`, and holds its errors back until the turn has seen every delta."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        turn = current_turn.get()
        made = 0
        try:
            async for event in self._inner.stream_response(*args, **kwargs):
                made += event.type == "response.output_text.delta"
                yield event
        except Exception:
            for _ in range(PATIENCE):
                if turn is None or turn.stopped or turn.heard >= made:
                    break
                await asyncio.sleep(0)
            raise
        finally:
            if turn:
                turn.heard -= made  # the next call of the model counts from nought

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return await self._inner.get_response(*args, **kwargs)

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        return self._inner.get_retry_advice(request)

    async def close(self) -> None:
        await self._inner.close()


class PatientProvider(ModelProvider):
    """Makes patient models out of names such as "gpt-4o"."""

    def __init__(self) -> None:
        self._inner = MultiProvider()

    def get_model(self, model_name: str | None) -> Model:
        return PatientModel(self._inner.get_model(model_name))

    async def aclose(self) -> None:
        await self._inner.aclose()


def patient(agent: Agent[Any]) -> Agent[Any]:
    """The same agent with a patient model; one that names its model gets it from `PatientProvider`."""
    return agent.clone(model=PatientModel(agent.model)) if isinstance(agent.model, Model) else agent
