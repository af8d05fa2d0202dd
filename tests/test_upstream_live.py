"""The upstream over a real socket, and the command that starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import openai
import pytest
import typer
from typer.testing import CliRunner

from lesson_kit.cli.upstream import upstream as command
from lesson_kit.script import Script
from lesson_kit.upstream import Trouble, Upstream
from tests.live.hosts import on_uvicorn

pytestmark = pytest.mark.live

TEXT = "one two three four"
PROGRAM = """
import typer
from lesson_kit.cli.upstream import upstream
app = typer.Typer()
app.command()(upstream)
app()
"""


async def ask(client: openai.AsyncOpenAI) -> tuple[str, type[Exception] | None]:
    """The words that arrive, and the error after them."""
    text = ""
    try:
        stream: Any = await client.responses.create(model="m", input="Hi", stream=True)
        async for event in stream:
            if event.type == "response.output_text.delta":
                text += event.delta
    except Exception as error:
        return text, type(error)
    return text, None


async def test_faults_reach_the_real_client_over_a_socket(caplog: pytest.LogCaptureFixture) -> None:
    troubles = [
        Trouble(429, retry_after=0.01),
        Trouble(reset_at=2),
        Trouble(malformed_at=2),
        Trouble(stall_at=2),
    ]
    script = Script.say(TEXT, thinking=0, gap=0.01, then_repeat=True)
    server = Upstream(script, troubles)
    async with on_uvicorn(server.app) as url:
        options: Any = {"api_key": "any-word", "base_url": f"{url}/v1"}
        async with openai.AsyncOpenAI(max_retries=0, timeout=60, **options) as client:
            assert await ask(client.with_options(max_retries=1)) == (
                "one two",
                openai.APIConnectionError,
            )
            assert (await ask(client))[1].__name__ == "JSONDecodeError"  # type: ignore[union-attr]
            # Silence is what ends the third; no busy machine takes so long over a word.
            hasty = client.with_options(timeout=2.0)
            assert await ask(hasty) == ("one two", openai.APITimeoutError)
            assert await ask(client) == (TEXT, None)
    ended = [(asked.status, asked.retry, asked.ended) for asked in server.requests]
    assert ended == [
        (429, 0, "refused"),
        (200, 1, "broken"),
        (200, 0, "broken"),
        (200, 0, "left"),
        (200, 0, "whole"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child process")
async def test_the_command_prints_its_address_serves_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    args = ("--port", "0", "--say", TEXT, "--thinking", "0", "--trouble", "stall:2")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, *args), cwd=tmp_path, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout
    name, _, url = (await process.stdout.readline()).decode().strip().partition("=")
    assert name == "OPENAI_BASE_URL"
    async with openai.AsyncOpenAI(api_key="any-word", base_url=url, max_retries=0) as client:
        stalled: Any = await client.responses.create(model="m", input="Hi", stream=True)
        async for event in stalled:
            if getattr(event, "delta", None) == " two":
                break
        assert await ask(client) == (TEXT, None)
        process.send_signal(signal.SIGINT)  # a stream is open still, and would be for ever
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    told = out.decode()
    assert "POST /v1/responses (stream): 200, 4 deltas, whole" in told
    assert "POST /v1/responses (stream): 200, 2 deltas, broken" in told
    assert err.decode() == ""


def call(*args: str) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, list(args))


def test_a_trouble_that_there_is_not_is_named_with_those_that_there_are() -> None:
    result = call("--trouble", "boom")
    assert result.exit_code == 2
    assert "expected one of ok, 503, 429+2" in result.stderr
    assert "'boom' came" in result.stderr


def test_its_help_has_examples() -> None:
    assert "Examples:" in call("--help").stdout
    assert "lesson-kit upstream --say" in call("--help").stdout
