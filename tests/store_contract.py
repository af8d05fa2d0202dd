"""What the store tests share: stores to run a story in, and things to put into them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from chatkit.store import Store
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadItem, ThreadMetadata
from sqlalchemy.ext.asyncio import create_async_engine

from lesson_kit import clock
from lesson_kit.store import MemoryStore, SQLStore

T = TypeVar("T")
Story = Callable[[Store[Any]], Awaitable[T]]

NOON = datetime(2025, 6, 1, 12, 0, 0)
# `LESSON_KIT_TEST_SQL=postgresql+asyncpg://user@127.0.0.1/empty` runs the contract on that
# database as well. Its tables are dropped before each test.
OTHER_DATABASE = os.environ.get("LESSON_KIT_TEST_SQL")
KINDS = ["memory", "sqlite", "sqlite in memory", *(["other"] if OTHER_DATABASE else [])]


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store[Any]]:
    if kind == "memory":
        yield MemoryStore()
        return
    if kind == "other":
        assert OTHER_DATABASE
        await drop_tables(OTHER_DATABASE)
        url = OTHER_DATABASE
    else:
        file = ":memory:" if kind == "sqlite in memory" else folder / "lesson.sqlite"
        url = f"sqlite+aiosqlite:///{file}"
    async with SQLStore(url) as store:
        yield store


def tell(kind: str, folder: Path, story: Story[T]) -> T:
    """Run a story in a new store, in virtual time."""

    async def main() -> T:
        async with opened(kind, folder) as store:
            return await story(store)

    return clock.run(main())


async def drop_tables(url: str) -> None:
    engine = create_async_engine(url)
    with clock.off_the_clock():
        async with engine.begin() as connection:
            for table in ("items", "threads", "attachments", "schema_version"):
                await connection.execute(sa.text(f"DROP TABLE IF EXISTS {table}"))
        await engine.dispose()


def thread(id: str = "thr", *, at: datetime = NOON, **fields: Any) -> ThreadMetadata:
    return ThreadMetadata(id=id, created_at=at, **fields)


def answer(
    id: str, *, text: str = "hello", seconds: float = 0.0, at: datetime = NOON
) -> ThreadItem:
    return AssistantMessageItem(
        id=id,
        thread_id="thr",
        created_at=at + timedelta(seconds=seconds),
        content=[AssistantMessageContent(text=text)],
    )


async def ids_of(store: Store[Any], thread_id: str = "thr", order: str = "asc") -> list[str]:
    """Read a whole thread in pages of seven."""
    ids: list[str] = []
    after = None
    while True:
        page = await store.load_thread_items(thread_id, after, 7, order, None)
        ids += [item.id for item in page.data]
        if not page.has_more:
            return ids
        after = page.after
