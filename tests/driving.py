"""The real Runner drives a script, in virtual time, and everything that happens is written down."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from agents import Agent, RunConfig, Runner
from agents.result import RunResultStreaming

from lesson_kit.clock import run
from lesson_kit.script import Script, ScriptModel

QUIET = RunConfig(tracing_disabled=True)


@dataclass
class Driven:
    """One run: (time, raw Responses event) in order, and how it ended."""

    model: ScriptModel
    events: list[tuple[float, Any]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)  # names of the SDK's run item events
    error: Exception | None = None
    final: Any = None
    ended: float = 0.0

    @property
    def kinds(self) -> list[str]:
        return [event.type.removeprefix("response.") for _, event in self.events]

    @property
    def deltas(self) -> list[tuple[float, str]]:
        return [(t, e.delta) for t, e in self.events if e.type == "response.output_text.delta"]


def streamed(model: ScriptModel, question: Any = "Hi", **agent: Any) -> RunResultStreaming:
    return Runner.run_streamed(Agent(name="test", model=model, **agent), question, run_config=QUIET)


async def read(driven: Driven, result: RunResultStreaming) -> None:
    """Read a run to its end or its error."""
    loop = asyncio.get_running_loop()
    try:
        async for event in result.stream_events():
            if event.type == "raw_response_event":
                driven.events.append((loop.time(), event.data))
            elif event.type == "run_item_stream_event":
                driven.items.append(event.name)
    except Exception as error:
        driven.error = error
    driven.final, driven.ended = result.final_output, loop.time()


def drive(script: Script, question: Any = "Hi", **agent: Any) -> Driven:
    """Stream the script's answer to one question."""

    async def main() -> Driven:
        driven = Driven(script.model())
        await read(driven, streamed(driven.model, question, **agent))
        return driven

    return run(main())
