"""The upstream as the real OpenAI client sees it: both APIs, streaming and whole."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import openai
import pytest

from lesson_kit.clock import run
from lesson_kit.link import Link
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.script.faults import build_error
from lesson_kit.upstream import Asked, Trouble, Upstream

Client = openai.AsyncOpenAI
MESSAGES: Any = [{"role": "user", "content": "Hi"}]


async def stream_responses(client: Client) -> list[str]:
    stream: Any = await client.responses.create(model="some-model", input="Hi", stream=True)
    return [event.delta async for event in stream if event.type == "response.output_text.delta"]


async def stream_completions(client: Client) -> list[str]:
    stream: Any = await client.chat.completions.create(
        model="some-model", messages=MESSAGES, stream=True
    )
    deltas = [chunk.choices[0].delta.content async for chunk in stream]
    return [delta for delta in deltas if delta]


async def whole_responses(client: Client) -> list[str]:
    return [(await client.responses.create(model="some-model", input="Hi")).output_text]


async def whole_completions(client: Client) -> list[str]:
    done = await client.chat.completions.create(model="some-model", messages=MESSAGES)
    return [done.choices[0].message.content or ""]


STREAMS = (stream_responses, stream_completions)
WHOLES = (whole_responses, whole_completions)
WAYS = (*STREAMS, *WHOLES)
Way = Callable[[Client], Awaitable[list[str]]]


async def failure(way: Way, client: Client) -> Exception:
    with pytest.raises(openai.APIStatusError) as caught:
        await way(client)
    return caught.value


def ask(way: Way, script: Script, *troubles: Trouble, **client: Any) -> tuple[Any, Upstream]:
    """Ask in this way; the deltas or the error, and the upstream."""

    async def main() -> tuple[Any, Upstream]:
        upstream = Upstream(script, troubles)
        async with upstream.client(**({"max_retries": 0} | client)) as connected:
            try:
                return await way(connected), upstream
            except Exception as error:
                return error, upstream

    return run(main())


@pytest.mark.parametrize("way", WAYS)
def test_the_words_arrive(way: Way) -> None:
    said, upstream = ask(way, Script.say("Grüße, \n\n日本 🙂"))
    assert "".join(said) == "Grüße, \n\n日本 🙂"
    assert len(said) == (1 if way in WHOLES else 3)
    [asked] = upstream.requests
    assert (asked.model, asked.status, asked.ended) == ("some-model", 200, "whole")
    assert asked.stream == (way in STREAMS)


STATUSES: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_status_becomes_the_clients_own_error(way: Way) -> None:
    async def all_of_them(client: Client) -> list[Any]:
        return [await failure(way, client) for _ in STATUSES]

    troubles = [Trouble(status, retry_after=3) for status in STATUSES]
    came, upstream = ask(all_of_them, Script.say("Hello"), *troubles)
    assert [type(error) for error in came] == list(STATUSES.values())
    for status, error in zip(STATUSES, came, strict=True):
        assert error.status_code == status
        assert error.response.headers["retry-after"] == "3"
        assert set(error.body) == {"message", "type", "param", "code"}
    assert not upstream.made


@pytest.mark.parametrize("way", WAYS)
def test_an_error_of_the_script_is_a_status_too(way: Way) -> None:
    names = ("rate_limit", "quota", "context_length", "server")

    async def all_of_them(client: Client) -> list[Any]:
        return [await failure(way, client) for _ in names]

    replies = [Reply("Hello", error=name, retry_after=2.5) for name in names]
    came, _ = ask(all_of_them, Script(*replies))
    for name, error in zip(names, came, strict=True):
        told: Any = build_error(name, 2.5)
        assert error.response.headers["retry-after"] == "2.5"
        assert type(error) is type(told)
        assert (error.status_code, error.code, error.body) == (
            told.status_code,
            told.code,
            told.body,
        )


@pytest.mark.parametrize("way", WAYS)
def test_an_upstream_without_any_sign_meets_the_clients_timeout(way: Way) -> None:
    for script, trouble in [
        (Script.say("Hello"), Trouble(slow=60)),
        (Script.say("Hello", error="timeout"), Trouble()),
    ]:
        came, upstream = ask(way, script, trouble, timeout=5.0)
        assert isinstance(came, openai.APITimeoutError)
        assert upstream.requests[0].ended == "left"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", [0, 2])
def test_a_reset_is_a_connection_error(way: Way, at: int) -> None:
    came, _ = ask(way, Script.say("one two three"), Trouble(reset_at=at))
    assert type(came) is openai.APIConnectionError


@pytest.mark.parametrize("way", WAYS)
def test_a_chunk_that_is_no_json_is_no_error_of_the_clients_own(way: Way) -> None:
    came, _ = ask(way, Script.say("one two three"), Trouble(malformed_at=2))
    assert type(came).__name__ == "JSONDecodeError"
    assert not isinstance(came, openai.OpenAIError)


def test_an_error_event_is_an_event_there_and_an_exception_here() -> None:
    came, _ = ask(stream_responses, Script.say("one two three"), Trouble(error_at=2))
    assert came == ["one", " two"]  # the client passes the error event on, among the others
    came, _ = ask(stream_completions, Script.say("one two three"), Trouble(error_at=2))
    assert type(came) is openai.APIError


def test_a_client_that_leaves_stops_the_model() -> None:
    async def leave(client: Client) -> list[str]:
        stream: Any = await client.responses.create(model="m", input="Hi", stream=True)
        async for event in stream:
            if event.type == "response.output_text.delta":
                await stream.close()
                return [event.delta]
        return []

    came, upstream = ask(leave, Script.say("one two three four"))
    assert came == ["one"]
    assert len(upstream.made) == 1
    assert upstream.requests[0].ended == "left"


def test_tool_calls_and_usage_are_said_in_both_apis() -> None:
    async def both(client: Client) -> list[str]:
        response = await client.responses.create(model="m", input="Hi there")
        chat = await client.chat.completions.create(model="m", messages=MESSAGES)
        [call] = chat.choices[0].message.tool_calls or []
        assert response.usage
        assert chat.usage
        return [
            f"{response.output[0].type} {response.usage.input_tokens}",
            f"{call.type} {chat.choices[0].finish_reason} {chat.usage.prompt_tokens}",
        ]

    script = Script(Reply(calls=[ToolCall("look", {"x": 1})]), then_repeat=True)
    said, _ = ask(both, script)
    assert said == ["function_call 2", "function tool_calls 1"]


def test_a_streamed_tool_call_ends_with_its_own_finish_reason() -> None:
    async def chunks(client: Client) -> list[str]:
        stream: Any = await client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        said: list[str] = []
        async for chunk in stream:
            if not chunk.choices:
                said.append(f"usage {chunk.usage.total_tokens}")
                continue
            [choice] = chunk.choices
            said += [call.function.arguments for call in choice.delta.tool_calls or []]
            said += [choice.finish_reason] if choice.finish_reason else []
        return said

    said, _ = ask(chunks, Script(Reply("Hm.", calls=[ToolCall("look", {"x": 1})])))
    assert said == ["", '{"x":1}', "tool_calls", "usage 2"]


def test_a_script_that_answers_hears_the_question_in_both_apis() -> None:
    script = Script.answering(
        lambda question, call: Reply(f"{question}/{call.system_instructions}")
    )

    async def both(client: Client) -> list[str]:
        told: Any = [{"role": "system", "content": "Be short."}, *MESSAGES]
        one = await client.responses.create(model="m", input=MESSAGES, instructions="Be long.")
        two = await client.chat.completions.create(model="m", messages=told)
        return [one.output_text, two.choices[0].message.content or ""]

    assert ask(both, script)[0] == ["Hi/Be long.", "Hi/Be short."]


@pytest.mark.parametrize("way", WAYS)
def test_a_script_at_its_end_is_said_once_and_not_retried(way: Way) -> None:
    async def twice(client: Client) -> list[str]:
        await way(client)
        return await way(client)

    came, upstream = ask(twice, Script.say("Hello"), max_retries=5)
    assert isinstance(came, openai.InternalServerError)
    assert "the script is at its end" in came.message
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/v1/responses", b"not json", 400, "must be JSON"),
        ("POST", "/v1/responses", b"[]", 400, "but list came"),
        ("POST", "/v1/responses", b"{}", 400, "'input' must be"),
        ("POST", "/v1/chat/completions", b'{"messages": "Hi"}', 400, "'messages' must be"),
        ("GET", "/v1/responses", b"", 404, "POST /v1/responses"),
        ("POST", "/responses", b"{}", 404, "POST /responses does not exist"),
    ],
)
def test_a_wrong_request_is_told_what_was_expected(
    method: str, path: str, body: bytes, status: int, told: str
) -> None:
    async def main() -> None:
        upstream = Upstream(Script.say("Hello"))
        async with httpx2.AsyncClient(transport=Link(upstream.app)) as http:
            response = await http.request(method, f"http://upstream{path}", content=body)
        assert response.status_code == status
        assert told in response.json()["error"]["message"]
        assert not upstream.requests

    run(main())


def test_troubles_come_in_order_and_start_over_only_when_told() -> None:
    ended: list[Asked] = []

    async def statuses(repeat: bool) -> list[int | None]:
        script = Script.say("Hello", then_repeat=True)
        upstream = Upstream(script, [Trouble(503), None], repeat=repeat, on_end=ended.append)
        async with upstream.client(max_retries=0) as client:
            for _ in range(4):
                with contextlib.suppress(openai.InternalServerError):
                    await whole_responses(client)
        return [asked.status for asked in upstream.requests]

    assert run(statuses(repeat=False)) == [503, 200, 200, 200]
    assert run(statuses(repeat=True)) == [503, 200, 503, 200]
    assert str(ended[0]) == "POST /v1/responses (whole): 503, refused"
