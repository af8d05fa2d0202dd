"""A store in memory that awaits like a database."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chatkit.store import Store, StoreItemType, default_generate_id
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from .body import bare_thread
from .errors import no_attachment, no_cursor, no_item, no_thread
from .owner import user_of
from .paging import check_page, instant
from .shelf import Shelf

__all__ = ["MemoryStore"]


@dataclass
class _Thread:
    metadata: ThreadMetadata
    items: Shelf[ThreadItem] = field(default_factory=Shelf)


class MemoryStore(Store[Any]):
    """Keep threads in memory, with a real wait in every call.

    The wait comes before the work. A task that is cancelled meanwhile has saved nothing, as with
    a database: a store without awaits would hide that bug (ledger, finding 4). Even `latency=0.0`
    lets other tasks run once.

    Ids are counted per kind (`thr_1`, `msg_1`, `shcx_1`), so that every run makes the same ones.
    Models are copied in, as they are at the moment of the call, and copied out.

    Args:
        latency: seconds that every call takes; may be changed at any time.
        user_of: gives the user's name out of a request's context, where that is no `context.user` of text.
    """

    def __init__(self, latency: float = 0.0, *, user_of: Callable[[Any], str] = user_of) -> None:
        if not (latency >= 0.0 and math.isfinite(latency)):
            raise ValueError(f"latency must be 0 seconds or more, but it is {latency!r}.")
        self.latency = latency
        self.user_of = user_of
        self._threads: defaultdict[str, Shelf[_Thread]] = defaultdict(Shelf)  # user -> theirs
        self._owners: dict[str, str] = {}  # thread's id -> user
        self._attachments: dict[str, tuple[str, Attachment]] = {}  # id -> (user, attachment)
        self._counts: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"MemoryStore(latency={self.latency})"

    def generate_thread_id(self, context: Any) -> str:
        return self._count("thread")

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: Any
    ) -> str:
        return self._count(item_type)

    def _count(self, kind: StoreItemType) -> str:
        prefix = default_generate_id(kind).rpartition("_")[0]  # the SDK keeps its prefixes private
        self._counts[prefix] += 1
        return f"{prefix}_{self._counts[prefix]}"

    async def _wait(self) -> None:
        await asyncio.sleep(self.latency)

    def _thread(self, thread_id: str, context: Any) -> _Thread:
        thread = self._threads_of(context).get(thread_id)
        if thread is None:
            raise no_thread(thread_id)
        return thread

    def _threads_of(self, context: Any) -> Shelf[_Thread]:
        # Not `self._threads[...]`: only a save makes a user known.
        return self._threads.get(self.user_of(context)) or Shelf()

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        await self._wait()
        return self._thread(thread_id, context).metadata.model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        metadata, user = bare_thread(thread), self.user_of(context)
        await self._wait()
        if self._owners.setdefault(metadata.id, user) != user:
            raise no_thread(metadata.id)
        known = self._threads[user].get(metadata.id)
        if known is None:
            self._threads[user].put(metadata.id, _Thread(metadata), instant(metadata.created_at))
        else:
            known.metadata = metadata

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        await self._wait()
        self._thread(thread_id, context)
        self._threads_of(context).drop(thread_id)
        del self._owners[thread_id]

    async def count_threads(self, context: Any) -> int:
        """Count the threads of the context's user."""
        await self._wait()
        return len(self._threads_of(context))

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Any
    ) -> Page[ThreadMetadata]:
        limit, newest_first = check_page(limit, order)
        await self._wait()
        try:
            found, more = self._threads_of(context).page(after, limit, newest_first)
        except KeyError:
            raise no_cursor(str(after), "this store's threads") from None
        data = [thread.metadata.model_copy(deep=True) for thread in found]
        return Page[ThreadMetadata](data=data, has_more=more, after=data[-1].id if more else None)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        limit, newest_first = check_page(limit, order)
        await self._wait()
        thread = self._thread(thread_id, context)
        try:
            found, more = thread.items.page(after, limit, newest_first)
        except KeyError:
            raise no_cursor(str(after), f"thread {thread_id!r}") from None
        data = [item.model_copy(deep=True) for item in found]
        return Page[ThreadItem](data=data, has_more=more, after=data[-1].id if more else None)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self._put(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self._put(thread_id, item, context)

    async def _put(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        copy: ThreadItem = item.model_copy(deep=True)
        await self._wait()
        self._thread(thread_id, context).items.put(copy.id, copy, instant(copy.created_at))

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        await self._wait()
        item = self._thread(thread_id, context).items.get(item_id)
        if item is None:
            raise no_item(thread_id, item_id)
        return item.model_copy(deep=True)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        await self._wait()
        # No error for an unknown item: after a guardrail trips, ChatKit removes every item that it
        # announced, also those that were never saved (chatkit/agents.py, ThreadItemRemovedEvent).
        self._thread(thread_id, context).items.drop(item_id)

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        copy: Attachment = attachment.model_copy(deep=True)
        await self._wait()
        if copy.id in self._attachments:
            self._attachment(copy.id, context)
        self._attachments[copy.id] = self.user_of(context), copy

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        await self._wait()
        return self._attachment(attachment_id, context).model_copy(deep=True)

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        await self._wait()
        self._attachment(attachment_id, context)
        del self._attachments[attachment_id]

    def _attachment(self, attachment_id: str, context: Any) -> Attachment:
        owner, attachment = self._attachments.get(attachment_id, (None, None))
        if attachment is None or owner != self.user_of(context):
            raise no_attachment(attachment_id)
        return attachment
