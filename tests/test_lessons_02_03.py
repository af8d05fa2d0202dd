"""What lessons 02 and 03 say, but cannot show in a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner
from agents.tracing import Span, Trace, TracingProcessor, get_trace_provider, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider

from lesson_kit.clock import run
from lesson_kit.script import Script


class Kept(TracingProcessor):
    """Keeps each trace as the SDK would export it; sends nothing."""

    def __init__(self) -> None:
        self.traces: list[dict[str, Any]] = []

    def on_trace_start(self, trace: Trace) -> None:
        self.traces.append(trace.export() or {})

    def on_trace_end(self, trace: Trace) -> None: ...
    def on_span_start(self, span: Span[Any]) -> None: ...
    def on_span_end(self, span: Span[Any]) -> None: ...
    def shutdown(self) -> None: ...
    def force_flush(self) -> None: ...


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Tracing switched on, into memory: the kit switches it off because it would try the network."""
    before, keeper, provider = get_trace_provider(), Kept(), DefaultTraceProvider()
    provider.register_processor(keeper)
    provider.set_disabled(False)
    set_trace_provider(provider)
    yield keeper
    set_trace_provider(before)


def test_metadata_of_a_run_goes_into_its_trace_and_not_to_the_model(kept: Kept) -> None:
    model = Script.say("Hello.").model()

    async def main() -> None:
        config = RunConfig(trace_metadata={"user_id": "u-17"}, group_id="thread-5")
        result = Runner.run_streamed(Agent(name="Tutor", model=model), "Hi", run_config=config)
        async for _ in result.stream_events():
            pass

    run(main())
    [trace] = kept.traces
    assert trace["metadata"] == {"user_id": "u-17"}  # ledger A16
    assert trace["group_id"] == "thread-5"
    assert "u-17" not in str(model.asked)
