"""A server that demands a token gets it from `lesson-kit ask`, and no list of processes shows it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from lesson_kit.cli import app
from lesson_kit.cli.bearer import BearerError, bearer
from lesson_kit.web import Guard, Tokens, create_app
from tests.live.hosts import on_uvicorn
from tests.talker import Talker

TOKEN = "a-token.of_20~letters+/=="
SERVER = ("--url", "http://127.0.0.1:9")


def call(*args: str) -> Result:
    return CliRunner().invoke(app, ["ask", "Hi", *args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.txt"


@pytest.mark.parametrize("line", ["{}", "ada:{}", "\ufeff# mine\n\n  {}  \r\n"])
def test_one_line_is_a_token_with_or_without_its_user(
    line: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESSON_KIT_TOKEN", raising=False)
    assert bearer(None) is None
    file.write_text(line.format(TOKEN), encoding="utf-8")
    assert bearer(file) == TOKEN
    monkeypatch.setenv("LESSON_KIT_TOKEN", f"ada:{TOKEN}x".replace("==x", "x"))
    assert bearer(None) == TOKEN.replace("==", "x")
    assert bearer(file) == TOKEN  # a file goes first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has 0"),
        (f"ada:{TOKEN}\nbob:{TOKEN}", "has 2. Leave only yours there"),
        ("hunter2 is my token", "Copy it again"),
        ("hunter2\u00e9", "Copy it again"),
    ],
)
def test_what_is_no_token_is_told_and_never_shown(text: str, told: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BearerError, match=told) as raised:
        bearer(file)
    assert "hunter2" not in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_mistake_gets_one_clear_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(b"\xff\xfe")
    for args, told in (
        (["--token-file", str(file)], "--token-file is for a running server"),
        ([*SERVER, "--token-file", str(file)], "is not UTF-8"),
        ([*SERVER, "--token-file", "no/such/file"], "cannot read the token file"),
    ):
        result = call(*args)
        assert result.exit_code == 2
        assert told in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    monkeypatch.setenv("LESSON_KIT_TOKEN", "hunter2 is my token")
    result = call(*SERVER)
    assert (result.exit_code, "hunter2" in result.stderr) == (2, False)
    assert "LESSON_KIT_TOKEN: expected" in result.stderr


@pytest.mark.live
async def test_a_server_with_tokens_is_asked_and_each_refusal_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # By its name in sys.modules: the package holds the command of the same name in the module's place.
    ask_at = importlib.import_module("lesson_kit.cli.ask")._ask_at
    guard = Guard(rate=0.001, burst=3)
    web = create_app(Talker(["Hello"], gap=0.0), guard=guard, tokens=Tokens(TOKEN))
    async with on_uvicorn(web) as address:
        assert await ask_at(address, TOKEN, "Hi", None, True) == 0
        assert '"text": "Hello"' in capsys.readouterr().out
        refusals = []
        for token in (None, "another-token-of-20", TOKEN):
            with pytest.raises(typer.Exit) as left:
                await ask_at(address, token, "Hi", None, False)
            assert left.value.exit_code == 1
            refusals.append(capsys.readouterr().err.strip())
    without, wrong, too_often = refusals
    assert "HTTP 401: no token came." in without
    assert "Then put it into the variable LESSON_KIT_TOKEN, or into a file" in without
    assert "HTTP 401: the server does not know this token." in wrong
    assert "HTTP 429: too many requests in a short time." in too_often
    assert "Ask again in" in too_often
    assert "token" not in too_often
