"""Whom a token lets in, and where no token is ever seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from lesson_kit import clock
from lesson_kit.metrics import Meter
from lesson_kit.web import RequestContext, TokenError, Tokens
from tests.asking import JSON, ask, connect, create, on, refused
from tests.talker import Talker

ADA, BOB, NOBODY = "a" * 20, "b" * 20, "n" * 20
TOKENS = f"# the class\n\nada:{ADA}\n  bob:{BOB}  \n{NOBODY}\n"


def bearing(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return JSON | {"Authorization": f"{scheme} {token}"}


@pytest.mark.parametrize(
    ("token", "user"),
    [(ADA, "ada"), (BOB, "bob"), (NOBODY, ""), (ADA + "a", None), ("", None), ("é" * 20, None), ("ada:" + ADA, None)],
)  # fmt: skip
def test_a_token_names_its_user(token: str, user: str | None) -> None:
    assert Tokens(TOKENS).user_of(token) == user


def test_one_user_may_have_two_tokens_so_that_one_can_be_changed() -> None:
    tokens = Tokens(f"ada:{ADA}\nada:{BOB}")
    assert tokens.user_of(ADA) == tokens.user_of(BOB) == "ada"
    assert str(tokens) == "2 tokens, 1 named user"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no token in it"),
        ("# only words\n\n", "no token in it"),
        (f"ada:{ADA}\nsecret-Sesame", "line 2 of"),
        (f"ada lovelace:{ADA}", "line 1 of"),
        (f"a:b:{ADA}", "line 1 of"),
        (f":{ADA}", "line 1 of"),
        (f"{ADA}\nbob:{ADA}", "line 2 of the tokens repeats a token"),
        ("x" * 600, "line 1 of"),
    ],
)
def test_a_bad_line_is_named_and_never_shown(text: str, problem: str) -> None:
    with pytest.raises(TokenError, match=problem) as caught:
        Tokens(text)
    assert "Sesame" not in str(caught.value)
    assert ADA not in str(caught.value)


def test_a_token_file_is_read_again_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(f"\ufeffada:{ADA}\r\n", encoding="utf-8")  # as Windows' editors save it
    tokens = Tokens.from_file(file)
    assert tokens.user_of(ADA) == "ada"
    file.write_text(f"bob:{BOB}", encoding="utf-8")
    assert tokens.user_of(BOB) is None
    tokens.read_again()
    assert (tokens.user_of(ADA), tokens.user_of(BOB)) == (None, "bob")
    for bad in (b"short", b"\xff\xfe\x00"):
        file.write_bytes(bad)
        with pytest.raises(TokenError):
            tokens.read_again()
        assert tokens.user_of(BOB) == "bob"
    file.unlink()
    with pytest.raises(TokenError, match=r"cannot read the token file .*tokens\.txt"):
        tokens.read_again()
    with pytest.raises(TokenError):
        Tokens.from_file(file)


def test_no_token_shows_in_what_a_program_prints() -> None:
    tokens = Tokens(TOKENS)
    assert repr(tokens) == "<3 tokens, 2 named users>"
    assert ADA not in repr(vars(tokens))


def test_the_server_learns_the_user() -> None:
    server = Talker()
    ask(server, create(), bearing(ADA), tokens=Tokens(TOKENS))
    ask(server, create(), bearing(NOBODY, "bearer"), tokens=Tokens(TOKENS))
    client = "127.0.0.1:50000"
    assert server.contexts == [RequestContext(client, "ada"), RequestContext(client, "")]


@pytest.mark.parametrize(
    ("headers", "reason", "challenge"),
    [
        ({}, "no token came", 'Bearer realm="lesson-kit"'),
        (bearing("x" * 20), "does not know this token", 'Bearer realm="lesson-kit", error="invalid_token"'),
        (bearing(ADA, "Basic"), "does not know", 'Bearer realm="lesson-kit", error="invalid_token"'),
        ({"Authorization": ADA}, "does not know", 'Bearer realm="lesson-kit", error="invalid_token"'),
        ({"Authorization": ""}, "does not know", 'Bearer realm="lesson-kit", error="invalid_token"'),
    ],
)  # fmt: skip
def test_whoever_brings_no_known_token_is_refused(
    headers: dict[str, str], reason: str, challenge: str
) -> None:
    server = Talker()
    response = ask(server, create(), JSON | headers, tokens=Tokens(TOKENS))
    error = refused(response, 401, reason)
    assert response.headers["www-authenticate"] == challenge
    assert "x" * 20 not in str(error)
    assert server.contexts == []


def test_two_tokens_at_once_are_none() -> None:
    async def main() -> httpx2.Response:
        async with connect(Talker(), tokens=Tokens(TOKENS)) as http:
            headers = [("Authorization", f"Bearer {ADA}"), ("Authorization", f"Bearer {BOB}")]
            return await http.post("/chatkit", json=on("threads.list"), headers=headers)

    refused(clock.run(main()), 401, "does not know this token")


def test_metrics_are_behind_the_token_while_health_and_the_page_are_open() -> None:
    server: Any = Talker()
    server.meter = Meter()

    async def main() -> dict[str, int]:
        async with connect(server, tokens=Tokens(TOKENS)) as http:
            assert (await http.get("/healthz")).json() == {"status": "ok", "auth": "bearer"}
            assert (await http.get("/metrics", headers=bearing(BOB))).status_code == 200
            paths = ("/healthz", "/", "/page/page.js", "/metrics", "/nowhere")
            return {path: (await http.get(path)).status_code for path in paths}

    assert clock.run(main()) == {
        "/healthz": 200, "/": 200, "/page/page.js": 200, "/metrics": 401, "/nowhere": 404,
    }  # fmt: skip


def test_a_refused_upload_is_read_so_that_its_answer_arrives() -> None:
    taken = 0

    async def upload() -> Any:
        nonlocal taken
        for _ in range(100):
            taken += 1000
            yield b"x" * 1000

    refused(ask(Talker(), upload(), tokens=Tokens(TOKENS)), 401, "no token came")
    assert taken == 100_000
