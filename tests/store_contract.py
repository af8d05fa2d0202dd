"""What the store tests share: stores to run a story in, and things to put into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from chatkit.store import Store
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadItem, ThreadMetadata

from lesson_kit import clock
from lesson_kit.store import MemoryStore, SQLStore
from lesson_kit.store.tables import attachments, threads

T = TypeVar("T")
Story = Callable[[Store[Any]], Awaitable[T]]

NOON = datetime(2025, 6, 1, 12, 0, 0)
# What a test may be told in. A URL is one kind more: that database is emptied first (see
# tests/live/test_postgres_contract.py).
KINDS = ["memory", "sqlite", "sqlite in memory"]


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store[Any]]:
    if kind == "memory":
        yield MemoryStore()
        return
    file = ":memory:" if kind == "sqlite in memory" else folder / "lesson.sqlite"
    async with SQLStore(kind if "://" in kind else f"sqlite+aiosqlite:///{file}") as store:
        if "://" in kind:
            await store._database.write(empty)
        yield store


def tell(kind: str, folder: Path, story: Story[T]) -> T:
    """Run a story in a new store, in virtual time."""

    async def main() -> T:
        async with opened(kind, folder) as store:
            return await story(store)

    return clock.run(main())


def empty(db: sa.Connection) -> None:
    for table in (threads, attachments):
        db.execute(sa.delete(table))


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


@dataclass(frozen=True)
class By:
    """A request's context that names a user."""

    user: str


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
