"""Lesson 15: the rows it teaches, and what its sentences say where no committed output shows it."""

from __future__ import annotations

import ast
import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import agents
import nbformat
import pytest

from lesson_kit import LessonServer, Reply, Script, run, talk
from lesson_kit.health import FAILED
from lesson_kit.metrics import BUCKETS, OUTCOMES, Meter
from lesson_kit.scrape import Scrape, quantile

LESSON = Path(__file__).parent.parent / "notebooks" / "15_health_metrics_tracing.ipynb"
CELLS: list[Any] = list(nbformat.read(LESSON, as_version=4).cells)  # type: ignore[no-untyped-call]
WORDS = "\n".join(cell.source for cell in CELLS if cell.cell_type == "markdown")
DEFINES = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
)


def names_of(*starts: str) -> dict[str, Any]:
    """Run the definitions in the cells that hold these lines, in order; what a cell does with them is left out."""
    names: dict[str, Any] = {}
    for start in starts:
        [source] = [
            cell.source for cell in CELLS if cell.cell_type == "code" and start in cell.source
        ]
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if isinstance(node, DEFINES)]
        exec(compile(tree, LESSON.name, "exec"), names)
    return names


def printed(start: str) -> str:
    """What the cell that holds this line has printed, in the committed file."""
    [cell] = [cell for cell in CELLS if cell.cell_type == "code" and start in cell.source]
    return "".join(out.get("text", "") for out in cell.outputs)


def test_each_row_is_tagged_where_the_student_sees_it() -> None:
    tagged = {tag for cell in CELLS for tag in cell.metadata.get("tags", [])}
    assert {"A32", "A33", "A53", "A54", "A55", "A56", "A57", "A58"} <= tagged


# --- A32, A33: the document's class ---


def document(thinking: float, words: int, gap: float, **more: Any) -> str:
    names = names_of("import asyncio", "class DocumentHealth", "async def stream(")
    report: str = run(names["stream"](thinking, words, gap, **more))
    return re.sub(r"\s+", " ", report).strip()


@pytest.mark.parametrize(
    ("stream", "report"),
    [
        ((10, 100, 0.02), "8.3 words/s error rate 0.00"),
        ((1, 200, 0), "200.0 words/s error rate 0.00"),
    ],
    ids=["waiting counted as writing", "an instant burst"],
)
def test_the_documents_throughput_is_no_speed(
    stream: tuple[float, int, float], report: str
) -> None:
    assert document(*stream) == report
    assert report.split()[0] in printed('10 s thinking, 100 words in 2 s ", run(stream(')


def test_the_documents_throughput_is_0_where_the_clock_was_set_back() -> None:
    assert document(1, 200, 0, set_back=3600).startswith("0.0 words/s")


@pytest.mark.parametrize(("words", "rate"), [(0, "0.00"), (1, "1.00"), (100, "0.01")])
def test_the_documents_error_rate_of_one_failed_stream_depends_on_its_words(
    words: int, rate: str
) -> None:
    assert document(1, words, 0.02, errors=1).endswith(f"error rate {rate}")


@pytest.mark.parametrize("words", [0, 1, 100])
def test_the_kits_share_of_failures_does_not(words: int) -> None:
    names = names_of("import asyncio", "async def stream_again")
    assert run(names["stream_again"](1, words, 0.02, "error")).endswith("failed 100%")


# --- A53: counters ---


def test_the_queries_name_metrics_and_outcomes_that_the_server_has() -> None:
    asked = set(re.findall(r"lesson_kit_\w+", WORDS))
    server = Scrape.of_registry(Meter().registry, 0)
    assert asked - {"lesson_kit_import"} <= {name for name, _ in server.samples}
    [failures] = re.findall(r'outcome=~"([\w|]+)"', WORDS)
    assert set(failures.split("|")) == FAILED
    assert set(OUTCOMES) > FAILED


def test_the_quantile_by_hand_is_that_of_the_kit() -> None:
    meter = Meter()
    empty = Scrape.of_registry(meter.registry, 0)
    waits = [0.3] * 7 + [0.8] * 5 + [1.2] * 9 + [4.0] * 4
    for wait in waits:
        meter.first_token(wait)
    full = Scrape.of_registry(meter.registry, 60)
    bounds = [*map(str, BUCKETS), "+Inf"]
    counts = [sum(wait <= float(le) for wait in waits) for le in bounds]
    names: dict[str, Any] = {"bounds": bounds, "counts": counts}
    [source] = [cell.source for cell in CELLS if "def quantile(q)" in cell.source]
    [function] = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    exec(ast.unparse(function), names)
    for q in (0.1, 0.5, 0.9, 0.95, 1.0):
        assert names["quantile"](q) == pytest.approx(
            quantile(q, empty, full, "lesson_kit_first_token_seconds")
        )


def test_the_estimate_is_longer_than_the_longest_wait() -> None:
    told = printed("def quantile(q)")
    [estimate] = re.findall(r"p95: by hand ([\d.]+) s", told)
    [longest] = re.findall(r"longest wait of all: ([\d.]+) s", told)
    assert float(estimate) > float(longest)
    assert float(longest) < (2.5 + 5) / 2  # "all lie in its lower half"


# --- A54: one line for each stream ---


def test_the_documents_loop_fails_three_times_before_it_writes_a_line_for_each_word() -> None:
    assert "'AgentUpdatedStreamEvent' object has no attribute 'data'" in printed("as_it_stands")
    told = printed("async def type_is_checked")
    assert "name 'token_count' is not defined" in told
    assert "200 lines for one answer" in told


def test_what_the_server_logs_has_no_word_of_a_question() -> None:
    assert '"outcome": "done"' in printed("StreamLog(json_lines")
    assert "question" not in printed("StreamLog(json_lines")


# --- A55: tracing ---


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """A key that the SDK's exporter would use, and a list of the hosts that something wanted."""
    wanted: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        wanted.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    yield wanted
    agents.set_tracing_disabled(True)
    agents.set_trace_processors([])


def test_the_cells_on_tracing_find_their_spans_and_nothing_tries_the_network(
    no_network: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    exec("import asyncio", names)
    exec("from lesson_kit import LessonServer, Reply, Script, run, talk", names)
    exec("from agents import RunConfig, Agent, Runner", names)
    for start in (
        "InMemorySpanExporter()",
        "async def stream_message",
        "AgentsBridge(",
        "TurnTracer(",
    ):
        [cell] = [cell for cell in CELLS if cell.cell_type == "code" and start in cell.source]
        capsys.readouterr()
        exec(compile(cell.source, LESSON.name, "exec"), names)
        assert capsys.readouterr().out == printed(start)
    agents.tracing.get_trace_provider().force_flush()
    assert no_network == []


def test_automatic_tracing_is_one_span_without_a_model() -> None:
    assert printed("async def stream_message") == "stream_message {'model': None}\n"


def test_to_add_a_processor_leaves_the_sdks_own_at_work() -> None:
    class Ours(agents.tracing.TracingProcessor):
        def on_trace_start(self, trace: Any) -> None: ...
        def on_trace_end(self, trace: Any) -> None: ...
        def on_span_start(self, span: Any) -> None: ...
        def on_span_end(self, span: Any) -> None: ...
        def shutdown(self) -> None: ...
        def force_flush(self) -> None: ...

    from agents.tracing.processors import default_processor
    from agents.tracing.provider import DefaultTraceProvider

    provider = DefaultTraceProvider()
    provider.register_processor(default_processor())  # as agents/tracing/setup.py does
    provider.register_processor(Ours())
    at_work = provider._multi_processor._processors
    assert [type(one).__name__ for one in at_work] == ["BatchTraceProcessor", "Ours"]
    provider.set_processors([Ours()])
    assert [type(one).__name__ for one in provider._multi_processor._processors] == ["Ours"]


def test_what_the_sdk_puts_into_its_spans_are_the_users_words() -> None:
    seen: list[str] = []

    class Reads(agents.tracing.TracingProcessor):
        def on_trace_start(self, trace: Any) -> None: ...
        def on_trace_end(self, trace: Any) -> None: ...
        def on_span_start(self, span: Any) -> None: ...
        def on_span_end(self, span: Any) -> None:
            seen.append(str(span.export()))

        def shutdown(self) -> None: ...
        def force_flush(self) -> None: ...

    names = names_of("import asyncio", "async def stream_message")
    names |= {"RunConfig": agents.RunConfig, "Agent": agents.Agent, "Runner": agents.Runner}
    agents.set_trace_processors([Reads()])
    agents.set_tracing_disabled(False)
    try:

        async def ask() -> None:
            agent = agents.Agent(name="Tutor", tools=[names["look_up"]])
            config = agents.RunConfig(model=names["with_tool"].model())
            async for _ in agents.Runner.run_streamed(
                agent, "Hi", run_config=config
            ).stream_events():
                pass

        run(ask())
    finally:
        agents.set_tracing_disabled(True)
        agents.set_trace_processors([])
    assert any("a part of an answer" in span for span in seen)


# --- the rest ---


def replies(share: float, longest: float) -> list[Reply]:
    names = names_of("async def user(") | {"SHARE": share, "LONGEST": longest}
    [source] = [cell.source for cell in CELLS if "def another_answer" in cell.source]
    [function] = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    exec(ast.unparse(function), names)
    return [names["another_answer"](f"question {number}", None) for number in range(24)]


def test_change_it_changes_the_figure_that_it_should() -> None:
    def failed(answers: list[Reply]) -> int:
        return sum(answer.error is not None for answer in answers)

    def longest(answers: list[Reply]) -> float:
        return max(answer.thinking for answer in answers)

    as_given = replies(0.1, 4.0)
    assert failed(replies(0.6, 4.0)) > failed(as_given) + 6
    assert longest(replies(0.6, 4.0)) == longest(as_given)
    assert longest(replies(0.1, 20.0)) > 3 * longest(as_given)
    assert failed(replies(0.1, 20.0)) == failed(as_given)


def test_an_observer_that_raises_does_not_end_the_answer() -> None:
    class Raises:
        def turn(self, facts: object) -> Any:
            raise ValueError("no")

    async def main() -> str:
        server = LessonServer(model=Script(Reply("yes")).model(), observers=[Raises()])
        [recording] = await talk(server, "Hi")
        await asyncio.sleep(0)
        return recording.text

    assert run(main()) == "yes"
