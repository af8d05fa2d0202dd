"""One exchange with an app: what the app must do, and what becomes of its errors."""

from __future__ import annotations

import logging
from typing import Any

import httpx2
import pytest

from lesson_kit import clock
from lesson_kit.link import Link
from tests.ticking import Ticker, now, read


def test_the_apps_error_before_its_answer_reaches_the_caller() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        clock.run(read(Link(app)))


def test_the_apps_error_in_mid_answer_cuts_the_body_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("a bug")

    link = Link(app)
    seen, error = clock.run(read(link))
    assert seen == [(0.0, b"half")]
    assert str(error) == "the app failed: KeyError: 'a bug'"
    assert [type(error) for error in link.errors] == [KeyError]
    assert [record.levelno for record in caplog.records if "lesson_kit" in record.name] == [
        logging.ERROR
    ]


@pytest.mark.parametrize("start", [False, True])
def test_an_app_that_returns_too_early_is_named(start: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if start:
            await send({"type": "http.response.start", "status": 200, "headers": []})

    _, error = clock.run(read(Link(app)))
    assert str(error) == "the app returned before it had ended its answer"


def test_an_app_that_breaks_the_protocol_is_told_what_was_expected() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": b""})

    with pytest.raises(RuntimeError, match=r"'http.response.start' next, but sent"):
        clock.run(read(Link(app)))


def test_the_request_reaches_the_app_whole_and_in_its_chunks() -> None:
    bodies: list[bytes] = []
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        while (message := await receive())["more_body"]:
            bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def upload() -> Any:
        yield b"one"
        yield b"two"

    async def main() -> int:
        link = Link(app, spec_version="2.4", client=("10.0.0.1", 7))
        async with httpx2.AsyncClient(transport=link, base_url="http://app") as http:
            return (
                await http.put("/a%20b?q=1", content=upload(), headers={"X-Y": "z"})
            ).status_code

    assert clock.run(main()) == 204
    assert bodies == [b"one", b"two"]
    (scope,) = scopes
    assert (scope["method"], scope["path"], scope["query_string"]) == ("PUT", "/a b", b"q=1")
    assert scope["raw_path"] == b"/a%20b"
    assert (b"x-y", b"z") in scope["headers"]
    assert scope["asgi"]["spec_version"] == "2.4"
    assert scope["client"] == ("10.0.0.1", 7)


def test_httpx2s_read_timeout_holds_in_loop_time() -> None:
    async def main() -> float:
        async with httpx2.AsyncClient(
            transport=Link(Ticker([b"x"], gap=60.0)), base_url="http://app", timeout=5.0
        ) as http:
            with pytest.raises(httpx2.ReadTimeout):
                await http.post("/")
            return now()

    assert clock.run(main()) == 5.0


def test_a_request_body_that_fails_is_the_clients_error_and_a_disconnect_for_the_app() -> None:
    met: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            met.append((await receive())["type"])
            if met[-1] == "http.disconnect":
                return

    async def upload() -> Any:
        yield b"one"
        raise KeyError("the file is gone")

    with pytest.raises(KeyError, match="the file is gone"):
        clock.run(read(Link(app), content=upload()))
    assert met == ["http.request", "http.disconnect"]
