"""Sessions that are recorded on a cassette and replayed, and a foreign model to record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
from agents import function_tool
from agents.items import ModelResponse, TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses as api

from lesson_kit.cassette import Cassette
from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.recording import Recording
from lesson_kit.script import Script
from lesson_kit.script.responses import Writer
from lesson_kit.server import LessonServer

KEY = "sk-" + "abcdefgh12345678"


@function_tool
def search(q: str) -> str:
    """Find tea."""
    return f"found {q}"


def bytes_of(recordings: list[Recording]) -> list[str]:
    return [recording.normalised().to_jsonl() for recording in recordings]


def session(model: Model, *questions: str, **link: Any) -> list[str]:
    return bytes_of(run(talk(LessonServer(model=model, tools=[search]), *questions, **link)))


def record_and_replay(script: Script, *questions: str, **link: Any) -> Cassette:
    """Record, write, read, replay: the user sees the same bytes at the same moments."""
    cassette = Cassette()
    live = session(cassette.recording(script.model()), *questions, **link)
    assert live == session(script.model(), *questions, **link), "recording changed the session"
    loaded = Cassette.from_jsonl(cassette.to_jsonl())
    assert loaded == cassette
    assert session(loaded.script().model(), *questions, **link) == live
    return loaded


class Foreign(Model):
    """A model that is not ours, with uneven pauses, reasoning, a hosted tool and no ids to count on."""

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        raise openai.NotFoundError(
            f"no such model for {KEY}", response=_answer(404), body={"code": "model_not_found"}
        )

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        words = ["Take ", KEY[:5], KEY[5:], " and go."]
        text = api.ResponseOutputText(type="output_text", text="".join(words), annotations=[])
        message = api.ResponseOutputMessage(
            id="msg_1", type="message", role="assistant", status="completed", content=[text]
        )
        hosted = api.ResponseFunctionWebSearch.model_construct(
            id="ws_1", type="web_search_call", status="completed"
        )
        writer = Writer("resp_9")
        for event in writer.begin():
            yield event
        for number, word in enumerate(words):
            await asyncio.sleep(0.3 * (number + 1))
            yield writer.event(
                api.ResponseTextDeltaEvent,
                content_index=0,
                output_index=0,
                item_id="msg_1",
                delta=word,
                logprobs=[],
            )
        await asyncio.sleep(0.25)
        writer.output += [hosted, message]
        usage = api.ResponseUsage.model_validate(
            {
                "input_tokens": 7,
                "output_tokens": 5,
                "total_tokens": 12,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            }
        )
        yield writer.complete(usage)


def _answer(status: int) -> Any:
    return httpx2.Response(status, request=httpx2.Request("POST", "http://127.0.0.1/"))
