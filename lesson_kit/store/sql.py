"""A store in a SQL database."""

from __future__ import annotations

import uuid
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from chatkit.store import Store, StoreItemType, default_generate_id
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from . import rows
from .body import ATTACHMENT, ITEM, THREAD, bare_thread, pack, unpack
from .database import Database
from .engine import is_in_memory
from .owner import user_of
from .paging import check_page, instant
from .turns import SharedTurns

__all__ = ["SQLStore"]


class SQLStore(Store[Any]):
    """Keep threads in a SQL database: by default the file `lesson.sqlite` in the current folder.

    Tables are made on first use, and those of an older kit are brought up to date. Every call is one transaction: it
    happens whole or not at all, also when its task is cancelled or the process killed. Several stores, in one process
    or many, may share a database. A cancelled call first ends the transaction that it has begun; one that has not
    begun saves nothing. Use it as an async context manager, or `await store.close()`.

    What the context's `user` saves is there for that user alone; no user, or "", is one more (see `owner.py`).

    PostgreSQL needs `pip install 'lesson-kit[postgres]'` and an empty database (`createdb name`), whose user may make
    tables. A store opens up to five connections there, each transaction runs at READ COMMITTED, and one that is in
    another's way is run again. A connection that the server has ended is replaced before the next call; one that
    ends in the middle of a call is a `StoreError`, and so are 20 seconds without an answer.

    Args:
        url: a SQLAlchemy URL with an async driver: `sqlite+aiosqlite:///path` for a file,
            `postgresql+asyncpg://user:password@host/name` for a server, `postgresql+asyncpg://user@/name?host=/folder`
            for a server's Unix socket. The password stands in no error and not in `repr`.

    Raises:
        StoreError: at once for a URL that cannot be used; in any call when the database fails.
        NotFoundError: for an id that is not in the store, or belongs to another user.
        TypeError: for a context whose `user` is no text.
    """

    def __init__(self, url: str | sa.URL = "sqlite+aiosqlite:///lesson.sqlite") -> None:
        self._database = Database(url)
        # For servers in several processes; nobody else can see a database in memory.
        self.shared_turns = (
            None if is_in_memory(self._database.url) else SharedTurns(self._database)
        )

    def __repr__(self) -> str:
        return f"SQLStore({self._database.url.render_as_string(hide_password=True)!r})"

    async def __aenter__(self) -> Self:
        try:
            await self._database.open()  # a bad path shows here, not in the first turn
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the database after the calls in progress; later calls raise `StoreError`."""
        await self._database.close()

    def generate_thread_id(self, context: Any) -> str:
        return _fresh_id("thread")

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: Any
    ) -> str:
        return _fresh_id(item_type)

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        body = await self._database.read(rows.load_thread, user_of(context), thread_id)
        return unpack(THREAD, body, f"thread {thread_id!r}")

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        body = pack(THREAD, bare_thread(thread), f"thread {thread.id!r}")
        await self._database.write(
            rows.save_thread, user_of(context), thread.id, instant(thread.created_at), body
        )

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        await self._database.write(rows.delete_thread, user_of(context), thread_id)

    async def count_threads(self, context: Any) -> int:
        """Count the threads of the context's user."""
        return await self._database.read(rows.count_threads, user_of(context))

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Any
    ) -> Page[ThreadMetadata]:
        most, newest_first = check_page(limit, order)
        found = await self._database.read(
            rows.page_of_threads, user_of(context), after, most, newest_first
        )
        data = [unpack(THREAD, body, "a thread of this page") for body in found.bodies]
        return Page[ThreadMetadata](data=data, has_more=found.after is not None, after=found.after)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        most, newest_first = check_page(limit, order)
        found = await self._database.read(
            rows.page_of_items, user_of(context), thread_id, after, most, newest_first
        )
        data = [unpack(ITEM, body, f"an item of thread {thread_id!r}") for body in found.bodies]
        return Page[ThreadItem](data=data, has_more=found.after is not None, after=found.after)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self._put(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self._put(thread_id, item, context)

    async def _put(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        body = pack(ITEM, item, f"item {item.id!r}")
        at = instant(item.created_at)
        await self._database.write(rows.save_item, user_of(context), thread_id, item.id, at, body)

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        body = await self._database.read(rows.load_item, user_of(context), thread_id, item_id)
        return unpack(ITEM, body, f"item {item_id!r} of thread {thread_id!r}")

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        await self._database.write(rows.delete_item, user_of(context), thread_id, item_id)

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        body = pack(ATTACHMENT, attachment, f"attachment {attachment.id!r}")
        await self._database.write(rows.save_attachment, user_of(context), attachment.id, body)

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        body = await self._database.read(rows.load_attachment, user_of(context), attachment_id)
        return unpack(ATTACHMENT, body, f"attachment {attachment_id!r}")

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        await self._database.write(rows.delete_attachment, user_of(context), attachment_id)


def _fresh_id(kind: StoreItemType) -> str:
    """Return an id that no other process makes.

    ChatKit's own ids have 8 hex digits: too few for a shared database.
    """
    prefix = default_generate_id(kind).rpartition("_")[0]  # the SDK keeps its prefixes private
    return f"{prefix}_{uuid.uuid4().hex}"
