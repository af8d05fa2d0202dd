"""The truth check: on the workbook it finds nothing, and what does not exist it finds, wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.truth import catalogue, check, check_texts
from tools.truth.__main__ import main
from tools.truth.markdown import MARK, read_docstring, read_markdown
from tools.truth.passage import Passage

ROOT = Path(__file__).parent.parent


def code(text: str) -> list[str]:
    """The false names in a piece of Python."""
    found = check_texts([Passage("notebooks/x.ipynb", 1, "code", text, 1)], catalogue.words())
    return [problem.name for problem in found]


def page(text: str) -> list[str]:
    """The false names in a page of Markdown."""
    passages = list(read_markdown(text, Passage("README.md", 1, "prose", "")))
    return [problem.name for problem in check_texts(passages, catalogue.words())]


def test_the_workbook_names_nothing_that_does_not_exist() -> None:
    assert [str(problem) for problem in check(ROOT)] == []


SERVER = """
from datetime import datetime
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent, ThreadItemDoneEvent, AssistantMessageItem
from lesson_kit import MemoryStore, Script, run, talk

class Mine(ChatKitServer):
    def __init__(self, model):
        super().__init__(MemoryStore())
        self.agent = Agent(name="Tutor", model=model)

    async def respond(self, thread, input_user_message, context):
        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)
        question = await simple_to_agent_input(input_user_message)
        result = Runner.run_streamed(self.agent, question, context=agent_context)
        {line}
        async for event in stream_agent_response(agent_context, result):
            yield event

[recording] = run(talk(Mine(Script.say("Hi").model()), "Hi"))
"""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("result.metadata", "metadata"),  # ledger A11
        ("result.usage", "usage"),
        ("result.context_wrapper.usage.tokens", "tokens"),
        ("self.threads", "threads"),
        ("self.store.save_thread_item()", "save_thread_item"),
        ("input_user_message.text", "text"),  # ledger B7
        ("thread.name", "name"),
        ("agent_context.stream_progress('x')", "stream_progress"),  # finding 10
        ("agent_context.thread.messages", "messages"),
        ("AgentContext(thread=thread, store=self.store, context=1)", "context="),
        ("Runner.run_streamed(self.agent, question, metadata={})", "metadata="),  # ledger A16
        ("Runner.run_stream(self.agent, question)", "run_stream"),
        ("yield ProgressUpdateEvent(text='x', icon='upload')", 'icon="upload"'),  # ledger B13
        ("yield ProgressUpdateEvent(message='x')", "message="),
        ("AssistantMessageItem(id='1', text='x')", "text="),
        ("from chatkit.types import ThreadItemStartedEvent", "ThreadItemStartedEvent"),
        ("import chatkit.events", "chatkit.events"),
        ("from agents.streaming import Runner", "agents.streaming"),
        ("async for e in result.stream_events(): print(e.data.index)", "index"),  # ledger A3
        ("async for e in result.stream_events(): print(e.delta)", "delta"),
        ("async for e in result.stream_events(): print(e.type == 'text_delta')", '"text_delta"'),
        (
            "async for e in result.stream_events(): print(e.type in ('error_event',))",
            '"error_event"',
        ),
        ("print('thread.item.started')", '"thread.item.started"'),
        ("print('response.output_text.chunk')", '"response.output_text.chunk"'),
    ],
)
def test_a_false_name_in_code_is_found(line: str, name: str) -> None:
    assert code(SERVER.replace("{line}", line)) == [name]


@pytest.mark.parametrize(
    "line",
    [
        "result.cancel(); result.final_output; result.context_wrapper.usage.input_tokens",
        "self.store.generate_item_id('message', thread, context); self.agent; self.agent.name",
        "input_user_message.content[0].text; thread.id; thread.metadata",
        "await agent_context.stream(ProgressUpdateEvent(text='x', icon='lucide:upload'))",
        "async for e in result.stream_events(): print(e.data.delta, e.item, e.new_agent, e.name)",
        "print('thread.item.added', 'raw_response_event', 'response.output_text.delta')",
        "context['anything'].at_all; getattr(result, 'x'); unknown_thing.foo_bar",
        "recording.first_token; datetime.now().nonsense",
    ],
)
def test_what_exists_and_what_nobody_can_know_is_left_alone(line: str) -> None:
    assert code(SERVER.replace("{line}", line)) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from chatkit.types import ThreadMetadata as T\ndef f(a: T | None): a.messages", "messages"),
        ("from chatkit.types import ThreadMetadata as T\ndef f(a: 'T'): a.messages", "messages"),
        ("from agents import RunContextWrapper as W\nfrom chatkit.agents import AgentContext\n"
         "async def f(ctx: W[AgentContext]): ctx.context.stream_progress", "stream_progress"),
        ("from agents import Runner\nif r := Runner.run_streamed(a, 'x'): print(f'{r.usage}')", "usage"),
        ("from chatkit.errors import ErrorCode\nErrorCode.AUTH", "AUTH"),
        ("from chatkit.errors import StreamError\ntry: f()\nexcept StreamError as e: e.retry", "retry"),
        ("from chatkit.server import ChatKitServer as S\nclass A(S):\n"
         "    async def f(self): await super().handle_cancel()", "handle_cancel"),
        ("from agents import function_tool\n@function_tool(title='x')\ndef f(): pass", "title="),
        ("def f(event):\n    match event:\n        case {'type': 'thread.item.add'}: pass",
         '"thread.item.add"'),
        ("import agents\n[one for one in x if agents.Runner.x]", "x"),
        ("ICON = {'icon': 'upload'}", 'icon="upload"'),
    ],
)  # fmt: skip
def test_names_are_followed_through_annotations_and_statements(text: str, name: str) -> None:
    assert code(text) == [name]


def test_the_kit_is_checked_as_the_sdks_are() -> None:
    assert code(SERVER + "recording.first_word") == ["first_word"]
    assert code("from lesson_kit import Script\nScript.say('x', gap=1)") == []
    assert code("from lesson_kit import MemoryStore\nMemoryStore(delay=1)") == ["delay="]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Call `Runner.run_stream`.", "run_stream"),
        ("Read `result.stop_reason` at the end.", "stop_reason"),
        ("Use `ctx.context.stream_progress(...)`.", "stream_progress"),
        ("Wait for `thread.item.finished`.", "thread.item.finished"),
        ("It is a `error_event`.", "error_event"),
        ('Show `icon="upload"`.', 'icon="upload"'),
        ("An `AgentContxt` is needed.", "AgentContxt"),
        ("Call `stream_agent_responses()`.", "stream_agent_responses"),
        ("Pass `request_ctx=`.", "request_ctx"),
        ("Write `Runner.run_streamed(agent, text, metadata=)`.", "metadata="),
        ("This needs openai-agents 0.23.", "openai-agents 0.23"),
        ("This needs `openai-chatkit>=99`.", "openai-chatkit>=99"),
        ("ChatKit 2.0 is out.", "ChatKit 2.0"),
        ("Agents SDK v1.0+", "Agents SDK v1.0+"),
        ("Read `event.data.index`.", "index"),
        ("Send `input.text` to the model.", "text"),
        ("```python\nfrom agents import Runer\n```", "Runer"),
    ],
)
def test_a_false_name_in_a_page_is_found(text: str, name: str) -> None:
    found = page(f"# Title\n\n{text}\n")
    assert found == [name]


def test_a_page_may_name_what_is_not_ours() -> None:
    text = "`AbortController`, `make lab`, `.venv/bin/x`, `thread.id`, `response.usage`, `pyproject.toml`, Python 3.11"
    assert (
        page(f"{text}, `@openai/chatkit` 1.9.0, `icon=`, `context=`, `first_token`, `fn(a, b)`")
        == []
    )
    assert (
        page("`response.headers`, `event.data.delta`, `input.content`, since ChatKit 1.4.0") == []
    )
    version = catalogue.versions()
    known = ", ".join(f"{name} {number}" for name, number in version.items())
    assert page(f"{known}, openai {version['openai'].split('.')[0]}.x, openai-agents 0.1+") == []


WRONG = "from agents import Runer"


def notebook(*cells: tuple[str, str, list[str]]) -> str:
    made: list[dict[str, Any]] = [
        {"cell_type": kind, "metadata": {"tags": tags}, "source": source, "outputs": []}
        for kind, source, tags in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_seeded_with_ten_false_names_it_finds_ten(tmp_path: Path) -> None:
    cells = [
        ("code", "from agents import Agent, Runner\nfrom chatkit.server import ChatServer", []),
        ("markdown", "The event `thread.item.finished` comes last.\n\nIn openai-agents 9.9 too.", []),
        ("code", "result = Runner.run_streamed(Agent(name='x'), 'Hi', meta=1)\nresult.stop_reason", []),
        ("markdown", '```python\nfrom chatkit.types import ProgressUpdateEvent\nProgressUpdateEvent(icon="upload", text="")\n```', []),
    ]  # fmt: skip
    write(tmp_path, "notebooks/00.ipynb", notebook(*cells))
    write(tmp_path, "README.md", "Call `Runner.run_stream`, or an `AgentContxt`.\n")
    write(tmp_path, "CONTRIBUTING.md", "```python\nif event.type == 'message_delta': pass\n```\n")
    kit = '"""Streams.\n\n    from agents import Runner\n    Runner.streamed(1)\n"""\n'
    write(tmp_path, "lesson_kit/new.py", kit)
    found = check(tmp_path)
    assert [(problem.name, problem.passage.place) for problem in found] == [
        ("run_stream", "README.md:1"),
        ("AgentContxt", "README.md:1"),
        ('"message_delta"', "CONTRIBUTING.md:2"),
        ("ChatServer", "notebooks/00.ipynb cell 1, line 2"),
        ("thread.item.finished", "notebooks/00.ipynb cell 2, line 1"),
        ("openai-agents 9.9", "notebooks/00.ipynb cell 2, line 3"),
        ("meta=", "notebooks/00.ipynb cell 3, line 1"),
        ("stop_reason", "notebooks/00.ipynb cell 3, line 2"),
        ('icon="upload"', "notebooks/00.ipynb cell 4, line 3"),
        ("streamed", "lesson_kit/new.py:4"),
    ]
    assert len(found) == 10
    near = {problem.name: problem.near for problem in found}
    assert near["run_stream"] == "run_streamed"
    assert near["AgentContxt"] == "AgentContext"
    assert near["ChatServer"] == "ChatKitServer"
    assert "Nearest: run_streamed." in str(found[0])


def test_a_cell_marked_as_a_wrong_form_may_be_wrong_and_must_be(tmp_path: Path) -> None:
    path = write(tmp_path, "notebooks/00.ipynb", notebook(("code", WRONG, ["wrong-form"])))
    assert check(tmp_path) == []
    path.write_text(notebook(("code", "from agents import Runner", ["wrong-form"])))
    [problem] = check(tmp_path)
    assert "marked as a wrong form, but everything in it exists" in str(problem)


def test_a_wrong_form_that_ran_into_an_error_has_failed_indeed(tmp_path: Path) -> None:
    cell = json.loads(notebook(("code", "Agent()", ["wrong-form"])))
    cell["cells"][0]["outputs"] = [{"output_type": "error", "ename": "TypeError"}]
    write(tmp_path, "notebooks/00.ipynb", json.dumps(cell))
    assert check(tmp_path) == []


def test_a_mark_in_a_page_covers_the_next_block_only() -> None:
    block = f"```python\n{WRONG}\n```\n"
    assert page(f"Text.\n\n{MARK}\n{block}") == []
    assert page(f"Text.\n\n{MARK}\n\n{block}\n{block}") == ["Runer"]
    assert page(f"Not `Runner.run_stream` {MARK}\nbut more.\n\n`Runner.run_stream`") == [
        "run_stream"
    ]
    assert page(f"{MARK}\n\nAll is `Runner` here.") == ["README.md:1"]


def test_a_docstring_marks_a_wrong_form_in_words() -> None:
    def names(text: str) -> list[str]:
        passages = list(read_docstring(text, Passage("lesson_kit/x.py", 1, "prose", ""), 4))
        return [problem.name for problem in check_texts(passages, catalogue.words())]

    example = f"{{}}\n\n        {WRONG}\n\n    More, with `Runner.run`."
    assert names(example.format("Import it.")) == ["Runer"]
    assert names(example.format("The wrong form, which many write:")) == []
    assert names("A wrong form is `Runner.run`.") == ["x.py:1"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/00.ipynb", "{")
    with pytest.raises(ValueError, match=r"00.ipynb: expected a notebook.*Mend or restore"):
        check(tmp_path)


def test_lines_of_ipython_do_not_hide_the_rest_of_the_cell() -> None:
    assert code(f"%time x\n!pip list\n{WRONG}") == ["Runer"]


def test_the_command_says_what_it_read_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(ROOT / "README.md")]) == 0  # here: another process would read the SDKs anew
    assert capsys.readouterr().out == "truth: 1 files read, no false names.\n"
