"""A stopped model stops, turns do not mix, and waiting costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import Agent, ModelSettings, Runner

from lesson_kit.clock import run
from lesson_kit.script import Made, Reply, Script, ScriptModel

from .driving import QUIET, Driven, drive, read, streamed


@pytest.mark.parametrize("gap", [0.0, 0.05])
def test_cancel_stops_the_model_at_once(gap: float) -> None:
    async def main() -> tuple[list[Any], ScriptModel, set[Any]]:
        model = Script.say([f" {k}" for k in range(50)], gap=gap).model()
        result, seen = streamed(model), list[Any]()
        async for event in result.stream_events():
            if event.type == "raw_response_event" and "text.delta" in event.data.type:
                seen.append(event.data)
                if len(seen) == 10:
                    result.cancel()
        await asyncio.sleep(60)
        return seen, model, asyncio.all_tasks() - {asyncio.current_task()}

    seen, model, tasks = run(main())
    assert len(model.made) - len(seen) <= 1
    assert len(seen) == 10
    assert model.usage.requests == 0  # the API reports no usage for a broken answer
    assert not tasks


@pytest.mark.parametrize("when", [0.1, 0.5, 1.0, 1.02, 5.0])
def test_a_cancelled_task_makes_nothing_more(when: float) -> None:
    async def main() -> tuple[int, int]:
        model = Script.say([" x"] * 10, gap=0.05, stall_at=5).model()
        agent = Agent(name="test", model=model)
        task = asyncio.create_task(Runner.run(agent, "Hi", run_config=QUIET))
        await asyncio.sleep(when)
        before = len(model.made)
        task.cancel()
        await asyncio.sleep(60)
        assert task.cancelled()
        return before, len(model.made)

    before, after = run(main())
    assert before == after


def test_turns_at_the_same_time_do_not_mix() -> None:
    async def main() -> tuple[list[Any], list[Made]]:
        model = Script.answering(lambda question, call: Reply(f"to {question}", gap=0.3)).model()
        runs = [Driven(model), Driven(model)]
        await asyncio.gather(
            *(read(d, streamed(model, q)) for d, q in zip(runs, "ab", strict=True))
        )
        return [d.final for d in runs], model.made

    finals, made = run(main())
    assert finals == ["to a", "to b"]
    assert [(m.t, m.delta, m.call) for m in made] == [
        *((1.0, "to", 1), (1.0, "to", 2), (1.3, " a", 1), (1.3, " b", 2)),
    ]


def test_the_models_own_time_limit_works_on_a_slow_script() -> None:
    settings = ModelSettings(timeout=5.0)
    driven = drive(Script.say("Hello", thinking=60), model_settings=settings)
    assert driven.error is not None
    assert driven.ended == 5.0


def test_a_delta_costs_one_timer_however_long_the_wait() -> None:
    async def main() -> tuple[int, float]:
        loop, timers = asyncio.get_running_loop(), 0
        call_at = loop.call_at

        def counting(*args: Any, **options: Any) -> asyncio.TimerHandle:
            nonlocal timers
            timers += 1
            return call_at(*args, **options)

        loop.call_at = counting  # type: ignore[method-assign, assignment]
        model = Script.say(["x"] * 241, thinking=1, gap=0.05).model()
        await read(Driven(model), streamed(model))
        return timers, loop.time()

    assert run(main()) == (241, 13.0)
