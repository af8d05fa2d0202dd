"""A tool that yields its progress.

The user sees: no progress line, and an answer that knows nothing of what the tool found.
Why: the Runner wants one answer from a tool. It does not read a generator; it prints it.
"""
# Wrong types are the point here.
# mypy: ignore-errors

from __future__ import annotations

import asyncio
from typing import Any

from agents import RunContextWrapper, function_tool
from chatkit.agents import AgentContext
from chatkit.types import ProgressUpdateEvent

from ..script import Reply, Script, ToolCall
from .careful import CarefulServer
from .evidence import Evidence
from .pitfall import Pitfall
from .scene import Scene


class Broken(CarefulServer):
    @function_tool
    async def search(ctx: RunContextWrapper[AgentContext[Any]], query: str) -> str:
        """Search the library."""
        yield ProgressUpdateEvent(icon="search", text=f"Searching {query}...")  # broken here
        await asyncio.sleep(0.3)
        yield "3 books on tea"  # broken here

    tools = (search,)


class Fixed(CarefulServer):
    @function_tool
    async def search(ctx: RunContextWrapper[AgentContext[Any]], query: str) -> str:
        """Search the library."""
        await ctx.context.stream(ProgressUpdateEvent(icon="search", text=f"Searching {query}..."))
        await asyncio.sleep(0.3)
        return "3 books on tea"

    tools = (search,)


def _shows(evidence: Evidence) -> bool:
    told = str(evidence.asked[-1])
    shown = any(recording.progress for recording in evidence.recordings)
    return "<async_generator object" in told and not shown


PITFALL = Pitfall(
    name="tool_yields",
    title="A tool that yields its progress",
    symptom="No progress line shows while the tool works, and the answer knows nothing of what the tool found.",
    reason=(
        "Only respond may yield events. A tool with a yield is an async generator, which the Runner does not read: "
        "none of the tool's code runs, and the model is told '<async_generator object ...>'. Return the result, and "
        "send progress with await ctx.context.stream(...); for that run_streamed needs context=ctx."
    ),
    ledger=("B14", "B16"),
    broken=Broken,
    fixed=Fixed,
    scene=Scene(
        Script(
            Reply(calls=[ToolCall("search", {"query": "tea"})], thinking=0.3),
            Reply("There are 3 books on tea."),
        )
    ),
    shows=_shows,
)
