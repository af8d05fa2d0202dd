"""What a thread holds already when a scene begins: an earlier conversation, which nobody of this scene has heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    InferenceOptions,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)

from ..store import MemoryStore

__all__ = ["hold"]


async def hold(store: MemoryStore, turns: Sequence[tuple[str, str]]) -> str:
    """Put a thread with these questions and answers into the store, as ChatKit saves them; give its id."""
    thread = ThreadMetadata(id=store.generate_thread_id({}), created_at=datetime.now())
    await store.save_thread(thread, {})
    for question, answer in turns:
        asked = UserMessageItem(
            id=store.generate_item_id("message", thread, {}),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[UserMessageTextContent(text=question)],
            inference_options=InferenceOptions(),
        )
        answered = AssistantMessageItem(
            id=store.generate_item_id("message", thread, {}),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text=answer)],
        )
        for item in (asked, answered):
            await store.add_thread_item(thread.id, item, {})
    return thread.id
