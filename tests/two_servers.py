"""Two servers on one database, as two processes have them, for tests of what each does to the other's turns."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from lesson_kit.script import Script
from lesson_kit.server.lesson import NOTES
from lesson_kit.server.turn import Why
from lesson_kit.store import SQLStore
from tests.conversation import WORDS, Conversation, deltas, other_tasks

FILE = "lesson.sqlite"
LONG = Script.say(WORDS, thinking=0.1, gap=0.1, then_repeat=True)  # five seconds
SHORT = Script.say("Yes.", thinking=0.1, gap=0.0, then_repeat=True)


def note(why: Why) -> tuple[str, str]:
    """A note as ChatKit tells it to the model."""
    words = "Hidden context for the agent (not shown to the user):\n<HiddenContext>\n{}\n</HiddenContext>"
    return "user", words.format(NOTES[why])


@asynccontextmanager
async def two(folder: Path, *scripts: Script) -> AsyncIterator[list[Conversation]]:
    """Two servers with nothing in common but the database, and no task left behind."""
    async with AsyncExitStack() as stack:
        both = []
        for script in scripts or (LONG, LONG):
            store = await stack.enter_async_context(
                SQLStore(f"sqlite+aiosqlite:///{folder / FILE}")
            )
            both.append(Conversation(script, store=store))
        yield both
        for chat in both:
            await chat.server.drain()
        assert other_tasks() == set()


def sql(folder: Path, statement: str) -> list[Any]:
    """Run a statement on the servers' database from outside."""
    with closing(sqlite3.connect(folder / FILE)) as db, db:
        return db.execute(statement).fetchall()


def turns_in(folder: Path) -> list[Any]:
    """The turns that the database knows: a thread and whether another server wants it, for each."""
    return sql(folder, "SELECT thread_id, overtaken FROM turns")


async def begin(chat: Conversation, text: str = "One?", *, heard: int) -> asyncio.Task[Any]:
    """Ask, and come back after so many deltas, while the answer goes on."""
    events: list[Any] = []
    enough = asyncio.Event()

    async def read() -> list[Any]:
        async for event in await chat.send(text):
            events.append(event)
            if len(deltas(events)) == heard:
                enough.set()
        return events

    reading = asyncio.create_task(read())
    await enough.wait()
    return reading
