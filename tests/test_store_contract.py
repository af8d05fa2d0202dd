"""The contract of `chatkit.store.Store`, kept by every store of the kit: the same tests for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    ActiveStatus,
    AssistantMessageItem,
    FileAttachment,
    ImageAttachment,
    LockedStatus,
    Page,
    Thread,
    ThreadMetadata,
)
from pydantic import AnyUrl

from .store_contract import KINDS, NOON, Story, answer, ids_of, tell, thread

InStore = Callable[[Story[Any]], Any]


@pytest.fixture(params=KINDS)
def in_store(request: pytest.FixtureRequest, tmp_path: Path) -> InStore:
    return partial(tell, request.param, tmp_path)


# Threads


def test_a_saved_thread_comes_back_equal(in_store: InStore) -> None:
    full = thread(
        title="Größe \x00 日本 🎉",
        status=LockedStatus(reason="busy"),
        allowed_image_domains=["example.org"],
        metadata={"a": [1, 2.5, None, {"b": True}]},
    )

    async def story(store: Store[Any]) -> None:
        await store.save_thread(full, None)
        loaded = await store.load_thread("thr", None)
        assert loaded == full
        assert loaded is not full

    in_store(story)


def test_a_saved_thread_is_replaced_at_its_place(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        for name in ("a", "b", "c"):
            await store.save_thread(thread(name), None)
        await store.save_thread(thread("a", at=NOON + timedelta(hours=1), title="new"), None)
        page = await store.load_threads(10, None, "asc", None)
        assert [(t.id, t.title) for t in page.data] == [("a", "new"), ("b", None), ("c", None)]

    in_store(story)


def test_replacing_a_thread_keeps_its_items(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        await store.add_thread_item("thr", answer("1"), None)
        await store.save_thread(thread(title="new"), None)
        assert await ids_of(store) == ["1"]

    in_store(story)


def test_a_thread_that_carries_items_is_saved_without_them(in_store: InStore) -> None:
    # ChatKit saves a `Thread` on a first turn, and later calls Thread(**loaded, items=...).
    async def story(store: Store[Any]) -> None:
        carrying = Thread(id="thr", created_at=NOON, title="t", items=Page(data=[answer("1")]))
        await store.save_thread(carrying, None)
        loaded = await store.load_thread("thr", None)
        assert type(loaded) is ThreadMetadata
        assert Thread(**loaded.model_dump(), items=Page()).title == "t"
        assert await ids_of(store) == []

    in_store(story)


def test_deleting_a_thread_deletes_its_items_and_no_others(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        for name in ("thr", "other"):
            await store.save_thread(thread(name), None)
            await store.add_thread_item(name, answer("1"), None)
        await store.delete_thread("thr", None)
        with pytest.raises(NotFoundError, match="no thread 'thr'"):
            await store.load_thread("thr", None)
        with pytest.raises(NotFoundError, match="no thread 'thr'"):
            await store.load_item("thr", "1", None)
        assert await ids_of(store, "other") == ["1"]
        await store.save_thread(thread("thr"), None)
        assert await ids_of(store) == []

    in_store(story)


# Items


def test_an_item_with_a_known_id_is_replaced_at_its_place(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for n in range(3):
            await store.add_thread_item("thr", answer(str(n), seconds=n), None)
        await store.add_thread_item("thr", answer("0", text="added", seconds=9), None)
        await store.save_item("thr", answer("1", text="saved"), None)
        assert await ids_of(store) == ["0", "1", "2"]
        assert await store.load_item("thr", "0", None) == answer("0", text="added", seconds=9)
        assert await store.load_item("thr", "1", None) == answer("1", text="saved")

    in_store(story)


def test_save_item_also_adds(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        await store.save_item("thr", answer("1"), None)
        assert await store.load_item("thr", "1", None) == answer("1")

    in_store(story)


def test_the_same_item_id_in_two_threads_is_two_items(in_store: InStore) -> None:
    # Every Chat Completions answer is called __fake_id__ (ledger, finding 8).
    async def story(store: Store[Any]) -> None:
        for name in ("thr", "other"):
            await store.save_thread(thread(name), None)
            await store.add_thread_item(name, answer("__fake_id__", text=name), None)
        for name in ("thr", "other"):
            item = await store.load_item(name, "__fake_id__", None)
            assert isinstance(item, AssistantMessageItem)
            assert item.content[0].text == name
        await store.delete_thread_item("other", "__fake_id__", None)
        assert await ids_of(store) == ["__fake_id__"]

    in_store(story)


def test_a_deleted_item_is_gone_and_may_come_again(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for name in "abc":
            await store.add_thread_item("thr", answer(name), None)
        await store.delete_thread_item("thr", "b", None)
        assert await ids_of(store) == ["a", "c"]
        with pytest.raises(NotFoundError, match="no item 'b' in thread 'thr'"):
            await store.load_item("thr", "b", None)
        await store.add_thread_item("thr", answer("b"), None)
        assert await ids_of(store) == ["a", "c", "b"]

    in_store(story)


def test_deleting_an_item_that_was_never_saved_does_nothing(in_store: InStore) -> None:
    # After a guardrail trips, ChatKit removes what it announced, saved or not.
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        await store.delete_thread_item("thr", "never", None)

    in_store(story)


def test_what_the_caller_changes_later_is_not_in_the_store(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        mine, item = thread(metadata={"n": [1]}), answer("1", text="saved")
        await store.save_thread(mine, None)
        await store.add_thread_item("thr", item, None)
        mine.metadata["n"].append(2)
        assert isinstance(item, AssistantMessageItem)
        item.content[0].text = "changed"
        assert (await store.load_thread("thr", None)).metadata == {"n": [1]}
        assert await store.load_item("thr", "1", None) == answer("1", text="saved")

    in_store(story)


def test_what_the_caller_changes_in_a_loaded_model_is_not_in_the_store(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(metadata={"n": [1]}), None)
        await store.add_thread_item("thr", answer("1"), None)
        (await store.load_thread("thr", None)).metadata["n"].append(2)
        (await store.load_threads(1, None, "asc", None)).data[0].metadata["n"].append(2)
        for item in (
            await store.load_item("thr", "1", None),
            (await store.load_thread_items("thr", None, 1, "asc", None)).data[0],
        ):
            assert isinstance(item, AssistantMessageItem)
            item.content.clear()
        assert (await store.load_thread("thr", None)).metadata == {"n": [1]}
        assert await store.load_item("thr", "1", None) == answer("1")

    in_store(story)


# Errors


def test_unknown_ids_are_not_found(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for unknown, call in {
            "no thread 'x'": (
                lambda: store.load_thread("x", None),
                lambda: store.delete_thread("x", None),
                lambda: store.load_thread_items("x", None, 5, "asc", None),
                lambda: store.add_thread_item("x", answer("1"), None),
                lambda: store.save_item("x", answer("1"), None),
                lambda: store.load_item("x", "1", None),
                lambda: store.delete_thread_item("x", "1", None),
            ),
            "no item '1' in thread 'thr'": (lambda: store.load_item("thr", "1", None),),
            "no attachment 'x'": (
                lambda: store.load_attachment("x", None),
                lambda: store.delete_attachment("x", None),
            ),
        }.items():
            for attempt in call:
                with pytest.raises(NotFoundError, match=unknown):
                    await attempt()

    in_store(story)


# Attachments' metadata


def test_attachments_are_saved_replaced_and_deleted(in_store: InStore) -> None:
    file = FileAttachment(
        id="atc", name="notes.txt", mime_type="text/plain", metadata={"path": "/srv/1"}
    )
    image = ImageAttachment(
        id="img",
        name="a.png",
        mime_type="image/png",
        preview_url=AnyUrl("https://example.org/a.png"),
    )

    async def story(store: Store[Any]) -> None:
        await store.save_attachment(file, None)
        await store.save_attachment(image, None)
        assert await store.load_attachment("atc", None) == file
        assert await store.load_attachment("img", None) == image
        owned = file.model_copy(update={"thread_id": "thr"})
        await store.save_attachment(owned, None)
        loaded = await store.load_attachment("atc", None)
        assert loaded == owned
        assert loaded.metadata is not None
        loaded.metadata["path"] = "changed"
        assert await store.load_attachment("atc", None) == owned
        await store.delete_attachment("atc", None)
        with pytest.raises(NotFoundError, match="no attachment 'atc'"):
            await store.load_attachment("atc", None)
        assert await store.load_attachment("img", None) == image

    in_store(story)


def test_a_status_survives(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(status=LockedStatus(reason="one turn at a time")), None)
        again = await store.load_thread("thr", None)
        again.status = ActiveStatus()
        await store.save_thread(again, None)
        assert (await store.load_thread("thr", None)).status == ActiveStatus()

    in_store(story)
