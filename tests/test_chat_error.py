"""What goes wrong is told in one line, with what to do next."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lesson_kit import clock
from lesson_kit.client import ChatClient, ChatError, Stream
from tests.reading import Wire, collect, no_task_is_left, over_talker
from tests.talker import Talker


def failure(app: Any) -> tuple[ChatError, Stream]:
    async def main() -> tuple[ChatError, Stream]:
        async with ChatClient.over(app) as client:
            stream = client.send("Hi")
            with pytest.raises(ChatError) as caught:
                async with stream:
                    async for _ in stream:
                        pass
        assert no_task_is_left()
        return caught.value, stream

    error, stream = clock.run(main())
    assert "\n" not in str(error)
    assert stream.recording.outcome == "error"
    return error, stream


def test_our_servers_reason_is_told_with_its_next_step() -> None:
    async def use(client: ChatClient, server: Talker) -> None:
        with pytest.raises(ChatError) as caught:
            async with client.send("Hi", "thr_nowhere"):
                pass
        assert caught.value.status == 404
        assert str(caught.value) == (
            "HTTP 404: there is no thread 'thr_nowhere'. Expected the id of a stored thread. "
            "List the threads and their items, or start a new thread."
        )
        with pytest.raises(ChatError, match="HTTP 404: there is no thread"):
            await client.thread("thr_nowhere")

    over_talker(use)


@pytest.mark.parametrize(
    ("app", "status", "words"),
    [
        (Wire(b"<h1>Bad\n Gateway</h1>", status=502, content_type="text/html"), 502, "answered '<h1>Bad Gateway</h1>'"),
        (Wire(b'{"error": "no"}', status=400), 400, "Is it a ChatKit server?"),
        (Wire(b"", status=307), 307, "Check the address"),
        (Wire(b"<h1>Login</h1>", status=401, content_type="text/html"), 401, "It wants a token, or another one"),
        (Wire(b"Forbidden", status=403, content_type="text/plain"), 403, "It does not let you in"),
        (Wire(b"", status=429), 429, "Ask again a little later"),
        (Wire(b"<html>", content_type="text/html"), 200, "Expected text/event-stream .* got text/html"),
        (Wire(b"{}", content_type="application/json"), 200, "got application/json"),
        (Wire(b"data: {oops\n\n"), 200, "Expected a JSON object in each event, but got '{oops'"),
        (Wire(b"data: 42\n\n"), 200, "but got '42'"),
        (Wire(b'data: {"x": NaN}\n\n'), 200, "but got"),
        (Wire(b"data: " + b"[" * 100_000 + b"\n\n"), 200, "but got"),
        (Wire(b"data: \xff\n\n"), 200, "but got"),
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_explained(app: Any, status: int, words: str) -> None:
    error, _ = failure(app)
    assert error.status == status
    assert re.search(words, str(error))


def test_an_answer_to_a_question_that_makes_no_sense_is_explained() -> None:
    async def main() -> None:
        async with ChatClient.over(Wire(b"[]", content_type="application/json")) as client:
            with pytest.raises(ChatError, match=r"answer to threads.list is not what"):
                await client.threads()

    clock.run(main())


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "ftp://x", "", "http://", "http://x:port", "//x"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ChatError, match=r"Expected an address such as"):
        ChatClient.at(address)


def test_the_apps_own_error_comes_through_the_link_as_it_is() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        clock.run(collect(app))


@pytest.mark.live
async def test_no_server_is_one_clear_line(free_port: int) -> None:
    async with ChatClient.at(f"http://127.0.0.1:{free_port}") as client:
        with pytest.raises(ChatError) as caught:
            async with client.send("Hi"):
                pass
        assert str(caught.value) == (
            f"No server answers at http://127.0.0.1:{free_port}. "
            "Start one with `lesson-kit serve`, or check the address."
        )
        with pytest.raises(ChatError, match="No server answers"):
            await client.threads()


@pytest.mark.live
async def test_a_password_in_an_address_is_not_told(free_port: int) -> None:
    async with ChatClient.at(f"http://eve:secret@127.0.0.1:{free_port}") as client:
        with pytest.raises(ChatError) as caught:
            await client.threads()
    assert "secret" not in str(caught.value)
