"""What the Agents SDK traces by itself, as OpenTelemetry spans."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agents.tracing import (
    AgentSpanData,
    FunctionSpanData,
    GenerationSpanData,
    ResponseSpanData,
    Span,
    TaskSpanData,
    Trace,
    TracingProcessor,
    TurnSpanData,
)
from opentelemetry import trace as otel
from opentelemetry.trace import Status, StatusCode, Tracer

from .stamps import Stamps

__all__ = ["AgentsBridge"]


class AgentsBridge(TracingProcessor):
    """Turns the SDK's traces and spans into OpenTelemetry spans, inside the span that is current where a run starts.

        agents.set_trace_processors([AgentsBridge(tracer)])   # in place of the SDK's own: nothing goes to OpenAI
        agents.set_tracing_disabled(False)

    `add_trace_processor` would leave the SDK's exporter at work beside it. Names and token counts are passed on.
    Inputs and outputs, which the SDK puts into its spans too, are not: they are the users' words.
    """

    def __init__(
        self, tracer: Tracer | None = None, *, epoch: Callable[[], int] = time.time_ns
    ) -> None:
        self._tracer = tracer or otel.get_tracer("lesson_kit")
        self._epoch = epoch
        # By the SDK's id of a trace or span. Each keeps its stamps: a span may end after its trace, where a tool goes on.
        self._open: dict[str, tuple[otel.Span, Stamps]] = {}

    def on_trace_start(self, trace: Trace) -> None:
        stamps = Stamps(self._epoch)
        ours = self._tracer.start_span(trace.name, start_time=stamps.now())
        self._open[trace.trace_id] = ours, stamps

    def on_span_start(self, span: Span[Any]) -> None:
        found = self._open.get(span.parent_id or span.trace_id)
        if found is None:  # its trace began before the bridge was there
            return
        parent, stamps = found
        ours = self._tracer.start_span(
            _name(span.span_data),
            context=otel.set_span_in_context(parent),
            start_time=stamps.now(),
        )
        self._open[span.span_id] = ours, stamps

    def on_span_end(self, span: Span[Any]) -> None:
        found = self._open.pop(span.span_id, None)
        if found is None:
            return
        ours, stamps = found
        for name, value in _tokens(span.span_data).items():
            ours.set_attribute(name, value)
        if span.error:  # its message may quote the user: told is only that there is one
            ours.set_status(Status(StatusCode.ERROR))
        ours.end(stamps.now())

    def on_trace_end(self, trace: Trace) -> None:
        found = self._open.pop(trace.trace_id, None)
        if found:
            ours, stamps = found
            ours.end(stamps.now())

    def shutdown(self) -> None:
        self._open.clear()

    def force_flush(self) -> None:
        """Do nothing: the OpenTelemetry provider has the buffers."""


def _name(data: object) -> str:
    if isinstance(data, AgentSpanData):
        return f"agent {data.name}"
    if isinstance(data, FunctionSpanData):
        return f"tool {data.name}"
    if isinstance(data, TurnSpanData):
        return f"turn {data.turn}"
    if isinstance(data, TaskSpanData):
        return "task"
    if isinstance(data, ResponseSpanData | GenerationSpanData):
        return "model"
    return str(getattr(data, "type", "span"))


def _tokens(data: object) -> dict[str, int]:
    usage = getattr(data, "usage", None) or {}
    return {
        f"gen_ai.usage.{name}": usage[name]
        for name in ("input_tokens", "output_tokens")
        if isinstance(usage.get(name), int)
    }
