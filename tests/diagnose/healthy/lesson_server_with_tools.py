"""A subclass of the course's own server, with a tool and a name of its own."""

from __future__ import annotations

from agents import function_tool

from lesson_kit.server import LessonServer


@function_tool
async def today() -> str:
    """Say which day it is."""
    return "Saturday"


class Assistant(LessonServer):
    def __init__(self) -> None:
        super().__init__(tools=[today], max_turns=3)
