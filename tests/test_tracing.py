"""Spans: one for the turn, one in it for each call of the model, and what the Agents SDK traces by itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import agents
import pytest
from agents import Agent, RunConfig, Runner, function_tool
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.trace import StatusCode, Tracer

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.server import LessonServer, Limits
from lesson_kit.tracing import AgentsBridge, TurnTracer
from lesson_kit.tracing.stamps import Stamps

SECRET = "my neighbour's name"


class Recorder:
    """An OpenTelemetry provider of its own that keeps spans in memory; nothing global is set."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._memory))
        self.tracer: Tracer = provider.get_tracer("test")

    @property
    def spans(self) -> list[ReadableSpan]:
        return sorted(self._memory.get_finished_spans(), key=lambda span: span.start_time or 0)

    def __getitem__(self, name: str) -> ReadableSpan:
        [span] = [span for span in self.spans if span.name == name]
        return span


@function_tool
def look_up(word: str) -> str:
    """Look a word up."""
    return SECRET


WITH_TOOL = Script(
    Reply(calls=[ToolCall("look_up", {"word": SECRET})], thinking=1), Reply("a b c", thinking=2)
)


def traced(script: Script, limits: Limits | None = None, **link: Any) -> Recorder:
    recorder = Recorder()

    async def main() -> None:
        tracer = TurnTracer(recorder.tracer, epoch=lambda: 0)
        server = LessonServer(
            model=script.model(), tools=[look_up], limits=limits, observers=[tracer]
        )
        await talk(server, f"Hi, {SECRET}", **link)
        await server.drain()

    run(main())
    return recorder


def times(span: ReadableSpan) -> tuple[float, float]:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time / 1e9, span.end_time / 1e9


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


# --- the server's own spans ---


def test_a_turn_is_a_span_and_the_call_of_the_model_is_one_in_it() -> None:
    recorder = traced(Script.say("one two three", thinking=1, gap=0.5))
    turn, call = recorder["turn"], recorder["chat ScriptModel"]
    assert call.parent
    assert turn.context
    assert call.parent.span_id == turn.context.span_id
    assert turn.parent is None
    assert times(call)[1] - times(call)[0] == pytest.approx(2)
    assert times(turn)[0] <= times(call)[0] < times(call)[1] <= times(turn)[1]
    assert attributes(turn)["lesson_kit.turn.outcome"] == "done"
    assert attributes(turn)["lesson_kit.turn.deltas"] == 3
    assert attributes(turn)["gen_ai.conversation.id"] == "thr_1"
    assert attributes(call)["gen_ai.usage.output_tokens"] == 3
    assert turn.status.status_code is call.status.status_code is StatusCode.UNSET


def test_the_first_token_is_an_event_in_the_call_that_says_it() -> None:
    recorder = traced(WITH_TOOL)
    first, second = [span for span in recorder.spans if span.name.startswith("chat")]
    assert first.events == ()
    [event] = second.events
    assert event.name == "first token"
    assert event.timestamp / 1e9 == pytest.approx(times(second)[0] + 2)
    assert times(first)[1] <= times(second)[0]


def test_an_answer_that_comes_at_once_has_its_first_token_inside_its_call() -> None:
    call = traced(Script.say("word", thinking=0))["chat ScriptModel"]
    [event] = call.events
    assert times(call)[0] <= event.timestamp / 1e9 <= times(call)[1]


def test_a_failed_call_is_an_error_with_its_kind_on_both_spans() -> None:
    recorder = traced(Script.say("one two three", error="server", error_at=1))
    for span in recorder.spans:
        assert span.status.status_code is StatusCode.ERROR
        assert attributes(span)["error.type"] == attributes(recorder["turn"])["error.type"]
    assert attributes(recorder["turn"])["lesson_kit.turn.outcome"] == "error"


def test_a_time_limit_is_an_error_and_ends_the_open_call() -> None:
    recorder = traced(Script.say("late", thinking=60), limits=Limits(first_token=5))
    assert attributes(recorder["turn"])["error.type"] == "TimeLimit"
    assert times(recorder["chat ScriptModel"])[1] == pytest.approx(5, abs=0.1)


def test_a_reader_who_leaves_is_no_error_but_the_call_was_broken_off() -> None:
    recorder = traced(Script.say(["w"] * 100, gap=0.1), cut_at=2.0)
    assert {span.status.status_code for span in recorder.spans} == {StatusCode.UNSET}
    assert attributes(recorder["chat ScriptModel"])["lesson_kit.call.broken_off"] is True
    assert attributes(recorder["turn"])["lesson_kit.turn.outcome"] == "stopped"


def test_no_word_of_anybody_is_in_a_span() -> None:
    for span in traced(WITH_TOOL).spans:
        assert SECRET not in span.to_json()


def test_the_names_are_those_of_the_semantic_conventions() -> None:
    known = {value for value in vars(gen_ai_attributes).values() if isinstance(value, str)}
    used = {name for span in traced(WITH_TOOL).spans for name in attributes(span)}
    ours = {name for name in used if name.startswith("gen_ai.")}
    assert len(ours) >= 6
    assert ours <= known


def test_a_clock_that_is_set_back_in_a_turn_makes_no_span_that_ends_before_it_starts() -> None:
    days = iter([10**18, 10**18 - 3600 * 10**9])

    async def main() -> tuple[int, int]:
        stamps = Stamps(lambda: next(days))
        before = stamps.now()
        await asyncio.sleep(1)
        return before, stamps.now()

    before, after = run(main())
    assert after - before == 10**9


# --- the Agents SDK's own ---


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """The SDK's tracing with our bridge as its only processor, and as it was afterwards."""

    def no_network(*address: object) -> None:
        raise AssertionError(f"something tried to reach {address}")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    recorder = Recorder()
    agents.set_trace_processors([AgentsBridge(recorder.tracer, epoch=lambda: 0)])
    agents.set_tracing_disabled(False)
    yield recorder
    agents.set_tracing_disabled(True)
    agents.set_trace_processors([])


async def ask(script: Script, config: RunConfig | None = None) -> None:
    agent = Agent(name="Tutor", model=script.model(), tools=[look_up])
    result = Runner.run_streamed(agent, f"Hi, {SECRET}", run_config=config)
    async for _ in result.stream_events():
        pass


def tree(recorder: Recorder) -> dict[str, str | None]:
    """Each span's name, and that of its parent."""
    names = {span.context.span_id: span.name for span in recorder.spans if span.context}
    return {
        span.name: names[span.parent.span_id] if span.parent else None for span in recorder.spans
    }


def test_what_the_sdk_traces_hangs_below_the_span_that_is_current(recorder: Recorder) -> None:
    async def main() -> None:
        with recorder.tracer.start_as_current_span("stream_message"):
            await ask(WITH_TOOL)

    run(main())
    assert tree(recorder) == {
        "stream_message": None,
        "Agent workflow": "stream_message",
        "task": "Agent workflow",
        "agent Tutor": "task",
        "turn 1": "agent Tutor",
        "tool look_up": "turn 1",
        "turn 2": "agent Tutor",
    }
    assert attributes(recorder["turn 2"])["gen_ai.usage.output_tokens"] == 3
    start, end = times(recorder["turn 2"])
    assert end - start == pytest.approx(2.1)


def test_the_bridge_passes_no_word_on(recorder: Recorder) -> None:
    run(ask(WITH_TOOL))
    assert recorder.spans
    for span in recorder.spans:
        assert SECRET not in span.to_json()


def test_an_error_of_the_run_is_a_status_and_all_spans_are_closed(recorder: Recorder) -> None:
    with pytest.raises(Exception, match="error"):
        run(ask(Script.say("a b", error="server", error_at=1)))
    [bridge] = _processors()
    assert bridge._open == {}
    assert "Agent workflow" in tree(recorder)


def test_a_span_may_end_after_its_trace(recorder: Recorder) -> None:
    async def main() -> None:
        with agents.trace("run"):
            tool = agents.function_span("slow")
            tool.start()
            await asyncio.sleep(1)
        await asyncio.sleep(1)
        tool.finish()

    run(main())
    assert tree(recorder) == {"run": None, "tool slow": "run"}
    assert times(recorder["tool slow"])[1] - times(recorder["run"])[1] == pytest.approx(1)


def test_a_run_with_tracing_disabled_tells_the_bridge_nothing(recorder: Recorder) -> None:
    run(ask(WITH_TOOL, RunConfig(tracing_disabled=True)))
    assert recorder.spans == []


def test_the_server_traces_itself_and_leaves_the_sdk_silent(recorder: Recorder) -> None:
    server = LessonServer(
        model=Script.say("one").model(), observers=[TurnTracer(recorder.tracer, epoch=lambda: 0)]
    )
    run(talk(server, "Hi"))
    assert set(tree(recorder)) == {"turn", "chat ScriptModel"}


def test_a_bridge_that_comes_in_the_middle_of_a_trace_says_nothing_of_it(
    recorder: Recorder,
) -> None:
    late = Recorder()

    async def main() -> None:
        asking = asyncio.create_task(ask(WITH_TOOL))
        await asyncio.sleep(0.5)
        agents.add_trace_processor(AgentsBridge(late.tracer, epoch=lambda: 0))
        await asking

    run(main())
    assert late.spans == []
    assert recorder.spans


def _processors() -> tuple[Any, ...]:
    provider: Any = agents.tracing.get_trace_provider()
    return tuple(provider._multi_processor._processors)
