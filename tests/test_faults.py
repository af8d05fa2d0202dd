"""The errors are the OpenAI client's own: same type, words, code and body."""

import asyncio
import json
from typing import Any

import httpx2
import openai
import pytest

from lesson_kit.clock import run
from lesson_kit.script.faults import ERRORS, STATUSES, build_error


def what_the_client_raises(answer: httpx2.Response) -> Exception:
    """Let the real client meet an HTTP answer."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(answer.status_code, headers=answer.headers, json=answer.json())

    async def main() -> Exception:
        transport = httpx2.MockTransport(respond)
        async with (
            httpx2.AsyncClient(transport=transport) as http,
            openai.AsyncOpenAI(api_key="k", http_client=http, max_retries=0) as client,
        ):
            with pytest.raises(openai.OpenAIError) as raised:
                await client.responses.create(model="m", input="Hi")
            return raised.value

    return asyncio.run(main())


@pytest.mark.parametrize("name", STATUSES)
def test_an_http_error_is_what_the_client_makes_of_that_answer(name: str) -> None:
    ours: Any = build_error(name)
    theirs: Any = what_the_client_raises(ours.response)
    assert type(ours) is type(theirs)
    for attribute in ("message", "status_code", "code", "type", "param", "body", "request_id"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("name", STATUSES)
def test_such_an_answer_can_say_how_long_to_wait(name: str) -> None:
    error: Any = build_error(name, 2.5)
    assert error.response.headers["retry-after"] == "2.5"
    assert str(error) == str(what_the_client_raises(error.response))
    assert str(error) == str(build_error(name)).replace(" in 1s", " in 2.5s")


def test_every_error_has_its_type_and_status() -> None:
    seen = {
        name: (type(error), getattr(error, "status_code", None), getattr(error, "code", None))
        for name in ERRORS
        if (error := build_error(name))
    }
    assert seen == {
        "rate_limit": (openai.RateLimitError, 429, "rate_limit_exceeded"),
        "quota": (openai.RateLimitError, 429, "insufficient_quota"),
        "authentication": (openai.AuthenticationError, 401, "invalid_api_key"),
        "bad_request": (openai.BadRequestError, 400, None),
        "context_length": (openai.BadRequestError, 400, "context_length_exceeded"),
        "server": (openai.InternalServerError, 500, None),
        "timeout": (openai.APITimeoutError, None, None),
        "connection": (openai.APIConnectionError, None, None),
        "stream": (openai.APIError, None, "server_error"),
    }


class Broken(httpx2.AsyncByteStream):
    """An event stream of one event, in which then something goes wrong."""

    def __init__(self, error: Exception | None, last: dict[str, Any] | None = None) -> None:
        self.error, self.last = error, last

    async def __aiter__(self) -> Any:
        yield b'data: {"type": "response.in_progress", "sequence_number": 1}\n\n'
        if self.last:
            yield f"data: {json.dumps(self.last)}\n\n".encode()
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("connection", Broken(httpx2.RemoteProtocolError("peer closed connection"))),
        ("timeout", Broken(httpx2.ReadTimeout("too slow"))),
        (
            "stream",
            Broken(None, {"error": {"message": "The model broke off.", "type": "server_error"}}),
        ),
    ],
)
def test_an_error_in_mid_stream_is_what_the_client_raises_there(name: str, stream: Broken) -> None:
    def respond(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)

    async def main() -> Exception:
        transport = httpx2.MockTransport(respond)
        async with (
            httpx2.AsyncClient(transport=transport) as http,
            openai.AsyncOpenAI(api_key="k", http_client=http, max_retries=0) as client,
        ):
            events = await client.responses.create(model="m", input="Hi", stream=True)
            with pytest.raises(openai.OpenAIError) as raised:
                async for _ in events:
                    pass
            return raised.value

    theirs = run(main())
    assert type(build_error(name)) is type(theirs)
    assert str(build_error(name)) == str(theirs)


def test_each_error_is_fresh() -> None:
    assert build_error("server") is not build_error("server")


def test_an_exception_class_makes_the_error() -> None:
    assert isinstance(build_error(LookupError), LookupError)


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("rate_limits", ValueError, r"error='rate_limits'.*Did you mean 'rate_limit'\?"),
        ("", ValueError, "Use one of: rate_limit, quota"),
        (openai.RateLimitError, TypeError, "RateLimitError cannot be made from nothing.*its name"),
        (ValueError("no"), TypeError, "give its class: error=ValueError"),
        (lambda: "oops", TypeError, "must make an exception, but it made 'oops'"),
    ],
)
def test_what_makes_no_error_is_explained(source: Any, kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        build_error(source)
