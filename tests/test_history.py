"""What the model is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chatkit.types import (
    FileAttachment,
    InferenceOptions,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
)

from lesson_kit.clock import run
from lesson_kit.server.history import load_history
from lesson_kit.store import MemoryStore
from tests.conversation import asked

THREAD = ThreadMetadata(id="thr_1", created_at=datetime(2026, 1, 1))


def message(number: int, **fields: Any) -> UserMessageItem:
    defaults: dict[str, Any] = {
        "content": [UserMessageTextContent(text=f"message {number}")],
        "inference_options": InferenceOptions(),
    }
    return UserMessageItem(
        id=f"msg_{number}",
        thread_id="thr_1",
        created_at=THREAD.created_at + timedelta(seconds=number),
        **(defaults | fields),
    )


async def stored(*messages: UserMessageItem) -> MemoryStore:
    store = MemoryStore()
    await store.save_thread(THREAD, {})
    for item in messages:
        await store.add_thread_item("thr_1", item, {})
    return store


def test_a_long_thread_is_read_over_several_pages() -> None:
    async def main() -> Any:
        store = await stored(*(message(number) for number in range(150)))
        return await load_history(store, THREAD, None, {})

    assert asked(run(main())) == [("user", f"message {number}") for number in range(150)]


def test_only_the_newest_items_are_sent() -> None:
    async def main() -> Any:
        store = await stored(*(message(number) for number in range(150)))
        return await load_history(store, THREAD, None, {}, most=120)

    assert asked(run(main()))[0] == ("user", "message 30")


def test_a_message_that_the_store_does_not_have_comes_last() -> None:
    async def main() -> Any:
        return await load_history(await stored(message(1)), THREAD, message(2), {})

    assert asked(run(main())) == [("user", "message 1"), ("user", "message 2")]


def test_a_message_that_the_store_has_comes_once() -> None:
    async def main() -> Any:
        return await load_history(await stored(message(1)), THREAD, message(1), {})

    assert asked(run(main())) == [("user", "message 1")]


def test_an_attachment_and_a_mention_are_said_in_words() -> None:
    file = FileAttachment(id="atc_1", name="notes.pdf", mime_type="application/pdf")
    mention = UserMessageTagContent(id="tag_1", text="Ada", data={})

    async def main() -> Any:
        item = message(1, content=[mention], attachments=[file])
        return await load_history(await stored(item), THREAD, None, {})

    texts = " ".join(text for _, text in asked(run(main())))
    assert "[The user attached the file 'notes.pdf'; its content is not shown.]" in texts
    assert "[The user mentioned 'Ada'.]" in texts
