"""A Chat Completions stream that does not say that it is finished is half an answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest
from agents import Agent, Model, ModelSettings, ModelTracing, OpenAIChatCompletionsModel, Runner
from agents.exceptions import ModelBehaviorError

from lesson_kit.clock import run
from lesson_kit.retry import FallbackModel, FinishedChatModel
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.upstream import Trouble, Upstream

from .driving import QUIET

HALF = "ended"


def chunk(finish: str | None = None, **delta: Any) -> bytes:
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps(frame | {"choices": [choice]}).encode() + b"\n\n"


WORDS = (
    chunk(role="assistant", content="") + chunk(content="data: [DONE] one") + chunk(content=" two")
)
NO_CHOICES = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":0,"model":"m","choices":[]}\n\n'
)
FINISH, DONE = chunk("stop"), b"data: [DONE]\n\n"


class Body(httpx2.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def read(kind: type[Model], pieces: list[bytes]) -> str:
    """What a run makes of a server that sends these bytes: its text, or `HALF`."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Body(pieces)
        )

    async def main() -> str:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(respond))
        async with openai.AsyncOpenAI(
            api_key="k", base_url="http://elsewhere/v1", http_client=http
        ) as client:
            agent = Agent(name="t", model=kind("m", client))  # type: ignore[call-arg]
            result = Runner.run_streamed(agent, "Hi", run_config=QUIET)
            try:
                async for _ in result.stream_events():
                    pass
            except ModelBehaviorError as error:
                return HALF if "just ended" in str(error) else str(error)
        return str(result.final_output)

    return run(main())


def cut(body: bytes, how: str) -> list[bytes]:
    match how:
        case "whole":
            return [body]
        case "per byte":
            return [body[n : n + 1] for n in range(len(body))]
        case _:
            return [event + b"\n\n" for event in body.split(b"\n\n")[:-1]]


@pytest.mark.parametrize("how", ["whole", "per byte", "per event"])
@pytest.mark.parametrize(
    ("end", "finished"),
    [(FINISH + DONE, True), (FINISH, True), (FINISH + NO_CHOICES, True), (DONE, True), (b"", False), (NO_CHOICES, False)],
    ids=["both", "finish_reason", "then usage", "[DONE]", "nothing", "only usage"],
)  # fmt: skip
def test_either_sign_of_the_end_is_enough(end: bytes, finished: bool, how: str) -> None:
    said = read(FinishedChatModel, cut(WORDS + end, how))
    assert said == ("data: [DONE] one two" if finished else HALF)


def test_the_sdks_own_model_takes_half_an_answer_for_a_whole_one() -> None:
    assert read(OpenAIChatCompletionsModel, [WORDS]) == "data: [DONE] one two"


@pytest.mark.parametrize("whole", [False, True])
def test_an_end_before_the_first_word_is_got_over_by_the_next_model(whole: bool) -> None:
    async def main() -> tuple[str, int]:
        upstream = Upstream(Script(Reply("Never.", end_at=0), Reply("Second.")))
        async with upstream.client(max_retries=0) as client:
            model = FallbackModel(FinishedChatModel("a", client), FinishedChatModel("b", client))
            agent = Agent(name="t", model=model)
            if whole:
                return str((await Runner.run(agent, "Hi", run_config=QUIET)).final_output), 0
            result = Runner.run_streamed(agent, "Hi", run_config=QUIET)
            async for _ in result.stream_events():
                pass
        return str(result.final_output), len(upstream.requests)

    assert run(main()) == ("Second.", 0 if whole else 2)


def test_tool_calls_and_errors_pass_as_they_are() -> None:
    async def main(trouble: Trouble | None) -> list[str]:
        upstream = Upstream(Script(Reply(calls=[ToolCall("x")])), [trouble])
        async with upstream.client(max_retries=0) as client:
            model = FinishedChatModel("a", client)
            state: dict[str, Any] = {
                "previous_response_id": None,
                "conversation_id": None,
                "prompt": None,
            }
            stream = model.stream_response(
                None, "Hi", ModelSettings(), [], None, [], ModelTracing.DISABLED, **state
            )
            return [event.type async for event in stream]

    assert "response.function_call_arguments.delta" in run(main(None))
    with pytest.raises(openai.APIConnectionError):
        run(main(Trouble(reset_at=0)))
