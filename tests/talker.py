"""A ChatKit server for tests of the wire: it says given deltas at given gaps, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from lesson_kit.store import MemoryStore

PATIENCE = 60.0  # seconds; two noisy cores
TEN = [f"delta{number} " for number in range(10)]


class Talker(ChatKitServer[Any]):
    """Plain ChatKit underneath: what a student's own server would be."""

    def __init__(self, deltas: list[str] = TEN, *, gap: float = 1.0, latency: float = 0.0) -> None:
        super().__init__(MemoryStore(latency=latency))
        self.deltas = deltas
        self.gap = gap
        self.made = 0
        self.contexts: list[Any] = []
        self.fails: Exception | None = None

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        self.contexts.append(context)
        item = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[],
        )
        yield ThreadItemAddedEvent(item=item)
        for delta in self.deltas:
            await asyncio.sleep(self.gap)
            if self.fails:
                raise self.fails
            self.made += 1
            update = AssistantMessageContentPartTextDelta(content_index=0, delta=delta)
            yield ThreadItemUpdatedEvent(item_id=item.id, update=update)
        whole = [AssistantMessageContent(text="".join(self.deltas))]
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": whole}))

    async def texts(self, thread_id: str) -> list[str]:
        """What the store holds of a thread, oldest first; items without text as their type."""
        page = await self.store.load_thread_items(thread_id, None, 100, "asc", None)
        return [
            "".join(part.text for part in item.content)
            if isinstance(item, AssistantMessageItem | UserMessageItem)
            else item.type
            for item in page.data
        ]

    async def texts_once(self, many: int, thread_id: str) -> list[str]:
        """The same, as soon as the store holds so many: a real server saves a moment after its reader has left."""
        async with asyncio.timeout(PATIENCE):
            while len(texts := await self.texts(thread_id)) < many:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return texts
