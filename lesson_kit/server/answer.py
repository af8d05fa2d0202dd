"""One run of an agent as ChatKit events, which stops the model at once when the turn is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from agents import Agent, ModelResponse, RunHooks, RunResultStreaming, Tool, TResponseInputItem
from agents.run_context import RunContextWrapper
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from ..observe import TurnObserver
from .failures import TimeLimit
from .limits import Limit, Limits, Watchdog
from .turn import Turn, Turns

THINKING = ProgressUpdateEvent(icon="clock", text="Thinking...")

StartRun = Callable[[RunHooks[Any]], RunResultStreaming]


class _End:
    """Marks the end of the events: no more will come."""


class Answer:
    """Runs the agent for one turn.

    The helper `stream_agent_response` is read to its own end by a task of ours, never cancelled in the middle: on
    cancel it leaves two tasks behind (ledger, recipe i). To stop, the *run* is cancelled, and the helper ends by
    itself.
    """

    def __init__(self, ctx: AgentContext[Any], start: StartRun, turn: Turn, limits: Limits) -> None:
        self._ctx = ctx
        self._turn = turn
        self._limits = limits
        self._events: asyncio.Queue[ThreadStreamEvent | Exception | _End] = asyncio.Queue()
        self._now = asyncio.get_running_loop().time
        self._last_delta: float | None = None
        self._watchdog = Watchdog(limits, self._expire)
        self._result = start(_Hooks(self._watchdog, turn.told))

    async def events(self, turns: Turns) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Yield the answer's events until it ends, is stopped or fails.

        Raises what the model raised, or `TimeLimit`. A stopped turn ends without an error.
        """
        helper = turns.keep(self._read_helper())
        self._turn.on_stop(self._stop)
        try:
            while not isinstance(event := await self._events.get(), _End):
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            # Both are synchronous, so they also happen on CancelledError and GeneratorExit.
            self._result.cancel()
            self._watchdog.close()
        await helper

    async def _read_helper(self) -> None:
        try:
            async for event in stream_agent_response(self._ctx, self._result):
                self._note(event)
                self._events.put_nowait(event)
        except Exception as error:
            self._events.put_nowait(error)
            # The helper leaves a task behind that waits for one more event of the context; here it is.
            await self._ctx.stream(ProgressUpdateEvent(text=""))
        finally:
            self._watchdog.close()
            self._events.put_nowait(_End())

    def _note(self, event: ThreadStreamEvent) -> None:
        """Tell watchdog and observers of the model's signs of life, at the time it gave them."""
        if not isinstance(event, ThreadItemAddedEvent | ThreadItemUpdatedEvent):
            return
        self._watchdog.expect("between_tokens")
        if not isinstance(event, ThreadItemUpdatedEvent) or not isinstance(
            event.update, AssistantMessageContentPartTextDelta
        ):
            return
        self._turn.heard += 1
        now = self._now()
        if self._last_delta is None:
            self._turn.told.first_token(now - self._turn.began)
            self._turn.told.model_delta(None)
        else:
            self._turn.told.model_delta(now - self._last_delta)
        self._last_delta = now

    def _stop(self) -> None:
        self._result.cancel()
        self._events.put_nowait(_End())

    def _expire(self, which: Limit) -> None:
        self._result.cancel()
        self._events.put_nowait(TimeLimit(which, self._limits))


class _Hooks(RunHooks[Any]):
    """Shows which tool works; a plain tool call sends the client nothing (ledger B16). Tells of the model's calls."""

    def __init__(self, watchdog: Watchdog, told: TurnObserver) -> None:
        self._watchdog = watchdog
        self._told = told

    async def on_llm_start(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        self._told.model_called()

    async def on_llm_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse
    ) -> None:
        self._told.model_answered(response.usage.input_tokens, response.usage.output_tokens)

    async def on_tool_start(
        self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool
    ) -> None:
        self._watchdog.tool_starts()
        await context.context.stream(
            ProgressUpdateEvent(icon="bolt", text=f"Using {tool.name.replace('_', ' ')}...")
        )

    async def on_tool_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool, result: object
    ) -> None:
        self._watchdog.tool_ends()
        await context.context.stream(THINKING)
