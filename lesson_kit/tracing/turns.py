"""Spans of a server's turns: one for the turn, one in it for each call of the model."""

from __future__ import annotations

import time
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from ..health import FAILED
from ..observe import TurnFacts, TurnObserver
from .stamps import Stamps

__all__ = ["TurnTracer"]


class TurnTracer:
    """Makes spans of each turn, an observer for `LessonServer(observers=[TurnTracer(tracer)])`.

        turn            the whole turn, from its request to its end
          chat <model>  a call of the model; the first token is an event in it

    Attributes have the names of OpenTelemetry's semantic conventions for generative AI (`gen_ai.*`, still
    experimental), and no words of a conversation. Durations are of the loop's clock; `epoch` (nanoseconds since 1970)
    is asked once a turn. Without a tracer the global provider decides: where none was set, nothing is recorded.
    """

    def __init__(
        self, tracer: Tracer | None = None, *, epoch: Callable[[], int] = time.time_ns
    ) -> None:
        self._tracer = tracer or trace.get_tracer("lesson_kit")
        self._epoch = epoch

    def turn(self, facts: TurnFacts) -> TurnObserver:
        """Start the spans of one turn."""
        return _Turn(self._tracer, Stamps(self._epoch), facts)


class _Turn(TurnObserver):
    def __init__(self, tracer: Tracer, stamps: Stamps, facts: TurnFacts) -> None:
        self._tracer, self._stamps, self._facts = tracer, stamps, facts
        self._deltas = 0
        self._newest = 0  # the stamp of the newest delta
        self._call: Span | None = None
        self._call_end: int | None = None
        # A span outlives the place where it starts, so it is not made the current one: who attaches a context in one
        # step of a generator may have to detach it in another context, which OpenTelemetry cannot do.
        self._turn = tracer.start_span(
            "turn",
            start_time=stamps.at(facts.began),
            attributes={
                "gen_ai.conversation.id": facts.thread,
                "gen_ai.agent.name": facts.agent,
                "lesson_kit.turn.number": facts.number,
            },
        )

    def model_called(self) -> None:
        self._end_call()
        self._call = self._tracer.start_span(
            f"chat {self._facts.model}",
            context=trace.set_span_in_context(self._turn),
            kind=SpanKind.CLIENT,
            start_time=self._stamps.now(),
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": self._facts.model,
                "gen_ai.request.stream": True,
            },
        )

    def first_token(self, seconds: float) -> None:
        now = self._stamps.now()
        (self._call or self._turn).add_event("first token", timestamp=now)
        self._turn.set_attribute("gen_ai.response.time_to_first_chunk", round(seconds, 6))

    def model_delta(self, seconds_since_previous: float | None) -> None:
        self._deltas += 1
        self._newest = self._stamps.now()

    def model_answered(self, input_tokens: int, output_tokens: int) -> None:
        if self._call:
            self._call.set_attribute("gen_ai.usage.input_tokens", input_tokens)
            self._call.set_attribute("gen_ai.usage.output_tokens", output_tokens)
            self._call_end = self._stamps.now()

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        if self._call and self._call_end is None:
            self._call.set_attribute("lesson_kit.call.broken_off", True)
            _fail(self._call, outcome, error)
        self._end_call()
        self._turn.set_attribute("lesson_kit.turn.outcome", outcome)
        self._turn.set_attribute("lesson_kit.turn.deltas", self._deltas)
        _fail(self._turn, outcome, error)
        self._turn.end(self._stamps.now())

    def _end_call(self) -> None:
        # Not in `model_answered`: a call's last deltas may be told after it, and an ended span takes no event.
        if self._call:
            end = self._stamps.now() if self._call_end is None else self._call_end
            self._call.end(max(end, self._newest))
        self._call = self._call_end = None


def _fail(span: Span, outcome: str, error: str | None) -> None:
    # A user who presses Stop is no error: alarms count these statuses.
    if outcome in FAILED:
        span.set_attribute("error.type", error or outcome)
        span.set_status(Status(StatusCode.ERROR))
