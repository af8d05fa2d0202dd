"""The commands in this process: answers, mistakes, exit codes."""

from __future__ import annotations

import importlib
import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lesson_kit.cli import app
from lesson_kit.cli.say import printable

pytestmark = pytest.mark.live  # they stream in real time


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def call(*args: str) -> Result:
    result = CliRunner().invoke(app, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_ask_goes_on_with_a_thread_and_speaks_json() -> None:
    first = json.loads(call("ask", "Hello", "--json").stdout)
    assert set(first) == {"thread_id", "outcome", "first_token", "deltas", "longest_gap", "text"}
    assert first["outcome"] == "done"
    again = call("ask", "What is a delta?", "--json", "--thread", first["thread_id"])
    second = json.loads(again.stdout)
    assert second["text"].startswith("A delta is")
    assert second["thread_id"] == first["thread_id"]


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["ask", "Hi", "--thread", "thr_nobody"], 1, "thr_nobody"),
        (["ask", "  "], 2, "the question is empty"),
        (["ask", "Hi", "--url", "http://127.0.0.1:9"], 1, "127.0.0.1:9"),
        (["ask", "Hi", "--url", "not an address"], 1, "not an address"),
        (["ask", "Hi", "--db", "no/such/folder.sqlite"], 1, "no/such"),
        (["serve", "--port", "{taken}"], 1, "--port 0 takes a free one"),
        (["lab", "no_such.ipynb"], 1, "no_such.ipynb"),
    ],
)
def test_a_mistake_gets_one_clear_line(
    args: list[str], code: int, told: str, taken_port: int
) -> None:
    result = call(*[arg.format(taken=taken_port) for arg in args])
    assert result.exit_code == code
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2, result.stderr


def test_a_missing_key_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESSON_KIT_MODEL", "openai/some-model")
    result = call("ask", "Hi")
    assert result.exit_code == 1
    assert "OPENAI_API_KEY" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_dead_model_server_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESSON_KIT_MODEL", "openai/some-model")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    result = call("ask", "Hi")
    assert result.exit_code == 1
    assert "The model cannot be reached." in result.stderr
    assert "sk-not-a-key" not in result.stderr


def test_a_warning_stands_on_a_line_of_its_own_and_cannot_control_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # By its name in sys.modules: the package holds the command of the same name in the module's place.
    module = importlib.import_module("lesson_kit.cli.ask")
    with module._log_on_its_own_lines():
        logging.getLogger("lesson_kit.model").warning("it failed: %s", "\x1b]0;x\x07")
    assert capsys.readouterr().err == "\nit failed: \\x1b]0;x\\x07\n"
    assert not logging.getLogger("lesson_kit").handlers


@pytest.mark.parametrize("command", ["lab", "ask", "serve", "upstream", "diagnose", "doctor"])
def test_every_command_has_help_with_examples(command: str) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", call(command, "--help").stdout)
    assert "Examples:" in shown
    assert f"lesson-kit {command}" in shown


def test_doctor_speaks_json() -> None:
    result = call("doctor", "--json")
    findings = json.loads(result.stdout)
    assert {"subject", "state", "found", "todo"} == set(findings[0])
    assert result.exit_code == any(finding["state"] == "fail" for finding in findings)


def test_an_answer_cannot_control_the_terminal() -> None:
    hostile = "red \x1b[31m, title \x1b]0;x\x07, \r overwrite, \x9b2J"
    assert printable(hostile) == ("red \\x1b[31m, title \\x1b]0;x\\x07, \\x0d overwrite, \\x9b2J")
    assert printable("two\nlines\tand a tab") == "two\nlines\tand a tab"
