"""Lesson 12: what its sentences say, where no committed output shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nbformat
from agents import Agent, OpenAIResponsesModel, Runner, function_tool

from lesson_kit import LessonServer, Reply, Script, ToolCall, run, talk
from lesson_kit.retry import Backoff, FallbackModel
from lesson_kit.upstream import Trouble, Upstream

LESSON = Path(__file__).parent.parent / "notebooks" / "12_timeouts_retries.ipynb"
TEXT = "one two three"


def test_each_row_is_tagged_where_the_student_sees_it() -> None:
    cells: Any = nbformat.read(LESSON, as_version=4).cells  # type: ignore[no-untyped-call]
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
    assert tags - {"wrong-form"} == {"A31", "A40", "A42", "A43", "A44", "A45", "A46", "A47"}


def test_asking_again_too_late_calls_the_tool_again() -> None:
    calls: list[str] = []

    @function_tool
    async def order(what: str) -> str:
        calls.append(what)
        return "ordered"

    async def main() -> str:
        tool = Reply(calls=[ToolCall("order", {"what": "tea"})])
        upstream = Upstream(
            Script(tool, Reply(TEXT), tool, Reply(TEXT)), [None, Trouble(reset_at=1)]
        )
        async with upstream.client(max_retries=0) as client:
            agent = Agent(name="T", model=OpenAIResponsesModel("any", client), tools=[order])
            try:
                async for _ in Runner.run_streamed(agent, "Tea!").stream_events():
                    pass
            except Exception:
                return str((await Runner.run(agent, "Tea!")).final_output)
        return "no error came"

    assert run(main()) == TEXT
    assert calls == ["tea", "tea"]


def test_a_long_retry_after_is_waited_for_by_the_client_but_not_by_the_user() -> None:
    async def main() -> tuple[str | None, float]:
        upstream = Upstream(Script.say(TEXT), [Trouble(429, retry_after=60)])
        async with upstream.client() as client:
            [recording] = await talk(LessonServer(model=OpenAIResponsesModel("any", client)), "Hi")
        return recording.errors[0].message, recording.duration

    message, ended = run(main())
    assert message == "The model did not begin to answer within 15 seconds. Please try again."
    assert ended == 15.0


def test_three_more_tries_of_a_dead_model_still_fit_the_limit_of_the_whole() -> None:
    async def main() -> float:
        dead = Upstream(Script.say(TEXT), [Trouble(503)] * 9)
        spare = Upstream(Script.say(TEXT, thinking=1))
        models = [
            OpenAIResponsesModel("any", upstream.client(max_retries=0))
            for upstream in (dead, spare)
        ]
        server = LessonServer(model=FallbackModel(*models, retries=3, backoff=Backoff(1.0, seed=4)))
        [recording] = await talk(server, "Hi")
        assert recording.outcome == "done"
        assert len(dead.requests) == 4
        assert recording.first_token is not None
        return recording.first_token

    assert 1 + 0.5 * (1 + 2 + 4) <= run(main()) <= 1 + 7


def test_nothing_of_an_upstream_is_left_when_its_user_has_gone() -> None:
    async def main() -> None:
        upstream = Upstream(Script.say(TEXT, stall_at=1))
        async with upstream.client() as client:
            agent = Agent(name="T", model=OpenAIResponsesModel("any", client))
            result = Runner.run_streamed(agent, "Hi")
            reading = asyncio.create_task(_read(result))
            await asyncio.sleep(5)
            result.cancel()
            await reading
        await asyncio.sleep(1)
        assert [asked.ended for asked in upstream.requests] == ["left"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


async def _read(result: Any) -> None:
    async for _ in result.stream_events():
        pass
