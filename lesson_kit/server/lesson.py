"""The reference answer to the whole course: a ChatKit server that streams, stops, keeps and explains.

request -> process: stops the thread's old turn, reads the new one through a relay
        -> ChatKit: stores the message, calls respond, stores every finished item
        -> respond: progress, history, the agent's run, and what is left when it breaks off
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any

import anyio
from agents import (
    Agent,
    Model,
    RunConfig,
    RunHooks,
    Runner,
    RunResultStreaming,
    Tool,
    TResponseInputItem,
)
from agents.models import get_default_model
from chatkit.agents import AgentContext
from chatkit.errors import BaseStreamError, StreamError
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.store import Store
from chatkit.types import (
    ChatKitReq,
    ErrorEvent,
    NoticeEvent,
    SDKHiddenContextItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    is_streaming_req,
)
from pydantic import TypeAdapter

from ..metrics import Meter
from ..model import choose_model
from ..observe import Observer, Observers
from ..store import MemoryStore
from ..store.owner import user_of
from .answer import THINKING, Answer
from .batching import Batching
from .elsewhere import Elsewhere
from .failures import TimeLimit, for_the_user
from .history import load_history
from .identity import FreshIds
from .limits import Limits
from .partial import Partial
from .patient import PatientProvider, patient
from .relay import Relay
from .turn import Refused, Turn, Turns, Why, current_turn

logger = logging.getLogger(__name__)

INSTRUCTIONS = "You are a patient tutor. Answer in plain words and short paragraphs."

# What the model is told on the next turn. Without it, it may go on with the answer that was broken off.
NOTES: dict[Why, str] = {
    "reader left": "The user stopped the previous answer before it was complete.",
    "new message": "The user interrupted the previous answer with a new message.",
    "shutdown": "The previous answer broke off because the server was restarted.",
}
RESTARTING = NoticeEvent(
    level="warning",
    message="The server is restarting. What arrived so far is kept; please ask again in a moment.",
)
# Seconds that a last save may take after the request was cancelled.
LAST_SAVE = 5.0

_request = TypeAdapter[ChatKitReq](ChatKitReq)


class LessonServer(ChatKitServer[Any]):
    """Answers with an agent, one turn per thread.

    Give it an `agent`, or a `model` and `tools` for the course's own. Without either, `LESSON_KIT_MODEL` decides
    (see `model.py`), and the default is the offline tutor. `max_turns` caps how many threads are answered at once.
    `batching=Batching()` joins the text deltas that a reader is behind with; the store and the model see no change.
    On a database that other servers use too, a turn notices within `watch_every` seconds that one of them took over.
    `observers` are told of every turn, beside the meter: a `StreamHealth`, a log, a tracer (see `observe.py`).
    """

    def __init__(
        self,
        store: Store[Any] | None = None,
        *,
        model: Model | None = None,
        agent: Agent[Any] | None = None,
        tools: Sequence[Tool] = (),
        limits: Limits | None = None,
        max_turns: int = 100,
        meter: Meter | None = None,
        batching: Batching | None = None,
        watch_every: float = 0.25,
        observers: Sequence[Observer] = (),
    ) -> None:
        super().__init__(store or MemoryStore())
        if agent is None:
            chosen = None if model else choose_model()
            self.model_name = chosen.name if chosen else _name_of(model)
            agent = Agent(
                name="Tutor",
                instructions=INSTRUCTIONS,
                model=chosen.model if chosen else model,
                tools=list(tools),
            )
        else:
            self.model_name = _name_of(agent.model)
        self.agent = agent
        self.limits = limits or Limits()
        self.meter = meter or Meter()
        self.observers = Observers(lambda: (self.meter, *observers), self.model_name, agent.name)
        whose = getattr(self.store, "user_of", user_of)  # users are kept apart as the store does it
        self.turns = Turns(max_turns, Elsewhere(self.store, watch_every), whose)
        self.batching = batching

    async def process(
        self, request: str | bytes | bytearray, context: Any
    ) -> StreamingResult | NonStreamingResult:
        """Handle one request. Raises pydantic's `ValidationError` on what is no ChatKit request.

        The thread's old turn is stopped here, before ChatKit stores the new message: so the history reads
        question 1, partial answer, note, question 2.
        """
        parsed = _request.validate_json(request)
        thread_id = getattr(parsed.params, "thread_id", None)
        if thread_id and (is_streaming_req(parsed) or parsed.type == "threads.delete"):
            await self.turns.stop_thread(thread_id, "new message", context)
        result = await super().process(request, context)
        if not isinstance(result, StreamingResult):
            return result
        turn = Turn()
        relay = Relay(
            result.json_events,
            start=lambda work: self.turns.keep(work, turn),
            reader_left=lambda: turn.stop("reader left"),
            total=self.limits.total,
            too_late=self._too_late(),
            batching=self.batching,
        )
        return StreamingResult(relay.chunks())

    def _too_late(self) -> bytes:
        if self.limits.total is None:
            return b""  # nobody ever is
        late = TimeLimit("total", self.limits)
        event = ErrorEvent(code="custom", message=late.message, allow_retry=late.allow_retry)
        return b"data: " + self._serialize(event) + b"\n\n"

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the answer to the thread's last message.

        `input_user_message` is None after a client tool's output (ledger B8): the history holds all there is.
        """
        turn = current_turn.get() or Turn()
        outcome, failure = "stopped", None
        message_id = input_user_message.id if input_user_message else None
        turn.told = self.observers.turn(thread.id, message_id, turn.began)
        try:
            async with self.turns.take(thread.id, turn, context):
                answer = self._answer(thread, input_user_message, context, turn)
                # aclosing: a generator left by `break` ends when the garbage collector likes, elsewhere.
                async with contextlib.aclosing(answer) as events:
                    async for event in events:
                        yield event
            outcome = _OUTCOME[turn.stopped]
        except Exception as error:
            outcome, failure = _outcome_of(error), type(error).__name__
            raise self._explained(error) from error
        finally:
            turn.told.turn_ended(outcome, failure)

    async def _answer(
        self,
        thread: ThreadMetadata,
        message: UserMessageItem | None,
        context: Any,
        turn: Turn,
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        # No event clears this line: the message itself replaces it. The seed document's clear event comes
        # 1 ms after it, a second before the first token (ledger, finding 9).
        yield THINKING
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        history = await load_history(self.store, thread, message, context)
        partial, ids = Partial(), FreshIds(ctx.generate_id)
        answer = Answer(ctx, lambda hooks: self._run(history, ctx, hooks), turn, self.limits)
        try:
            async with contextlib.aclosing(answer.events(self.turns)) as events:
                async for event in events:
                    for renamed in ids.rename(event):
                        partial.take(renamed)
                        yield renamed
        except GeneratorExit:
            # `break` or `aclose()` by whoever reads `respond` itself: ChatKit's handler is not called for
            # these (ledger, finding 5), and a generator that is being closed may not yield.
            self.turns.keep(self._save(thread, partial.items(), "reader left", context))
            raise
        except Exception:
            # Only a cancel makes ChatKit save these (ledger, finding 6).
            for item in partial.items():
                yield ThreadItemDoneEvent(item=item)
            raise
        if turn.stopped:
            for item in [*partial.items(), self._note(thread, turn.stopped, context)]:
                yield ThreadItemDoneEvent(item=item)
        if turn.stopped == "shutdown":
            yield RESTARTING

    def _run(
        self, history: list[TResponseInputItem], ctx: AgentContext[Any], hooks: RunHooks[Any]
    ) -> RunResultStreaming:
        return Runner.run_streamed(
            patient(self.agent),
            history,
            context=ctx,  # without it a tool's progress goes nowhere, silently (ledger, recipe viii)
            hooks=hooks,
            run_config=RunConfig(
                tracing_disabled=True,  # tracing would try the network
                model_provider=PatientProvider(),
            ),
        )

    def _explained(self, error: Exception) -> BaseStreamError:
        shown = for_the_user(error)
        if isinstance(shown, StreamError):
            logger.error("a bug ended the turn: %r", error, exc_info=error)
        elif shown is not error:
            logger.warning("the turn failed: %s: %s", type(error).__name__, error)
        return shown

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Any
    ) -> None:
        """Keep the partial answer when ChatKit's own task is cancelled.

        The relay keeps readers from doing that; the end of the loop still can, and so can a host that reads
        `respond` without `process`. The shield lets the store's awaits through.
        """
        partial = Partial()
        for item in pending_items:
            partial.take(ThreadItemAddedEvent(item=item))
        with anyio.CancelScope(shield=True), anyio.move_on_after(LAST_SAVE):
            await self._save(thread, partial.items(), "reader left", context)

    async def _save(
        self, thread: ThreadMetadata, items: Sequence[ThreadItem], why: Why, context: Any
    ) -> None:
        for item in [*items, self._note(thread, why, context)]:
            await self.store.add_thread_item(thread.id, item, context)

    def _note(self, thread: ThreadMetadata, why: Why, context: Any) -> SDKHiddenContextItem:
        return SDKHiddenContextItem(
            id=self.store.generate_item_id("sdk_hidden_context", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=NOTES[why],
        )

    def stop_all(self, why: Why = "shutdown") -> None:
        """Stop every turn at once, and refuse new ones if this is a shutdown."""
        self.turns.closing = self.turns.closing or why == "shutdown"
        self.turns.stop_all(why)

    async def drain(self) -> None:
        """Wait until every turn has ended and what arrived is saved."""
        await self.turns.drain()


_OUTCOME: dict[Why | None, str] = {
    None: "done",
    "reader left": "stopped",
    "new message": "interrupted",
    "shutdown": "stopped",
}


def _outcome_of(error: Exception) -> str:
    if isinstance(error, Refused):
        return "refused"
    return "timeout" if isinstance(error, TimeLimit) else "error"


def _name_of(model: Model | str | None) -> str:
    """The name that a page shows: an OpenAI model carries its own, any other is known by its class."""
    if isinstance(model, Model):
        return str(getattr(model, "model", "")) or type(model).__name__
    return model or get_default_model()
