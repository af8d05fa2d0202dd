"""MemoryStore: it awaits like a database, and counts its ids."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import anyio
import pytest
from chatkit.store import NotFoundError, StoreItemType, default_generate_id

import lesson_kit.store
from lesson_kit import clock
from lesson_kit.store import MemoryStore
from lesson_kit.store.shelf import Shelf

from .store_contract import answer, thread


def test_every_call_takes_the_latency() -> None:
    async def main() -> dict[str, float]:
        store = MemoryStore(latency=0.25)
        now = asyncio.get_running_loop().time
        took: dict[str, float] = {}
        for name, call in {
            "save_thread": store.save_thread(thread(), None),
            "load_thread": store.load_thread("thr", None),
            "add_thread_item": store.add_thread_item("thr", answer("1"), None),
            "save_item": store.save_item("thr", answer("1"), None),
            "load_item": store.load_item("thr", "1", None),
            "load_thread_items": store.load_thread_items("thr", None, 5, "asc", None),
            "load_threads": store.load_threads(5, None, "asc", None),
            "delete_thread_item": store.delete_thread_item("thr", "1", None),
            "delete_thread": store.delete_thread("thr", None),
        }.items():
            began = now()
            await call
            took[name] = now() - began
        return took

    took = clock.run(main())
    assert took == dict.fromkeys(took, 0.25)


def test_without_latency_other_tasks_still_run_during_a_call() -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        async def call(store: MemoryStore) -> None:
            await store.save_thread(thread(), None)
            seen.append("saved")

        saving = asyncio.create_task(call(MemoryStore()))
        await asyncio.sleep(0)
        seen.append("other task")
        await saving
        return seen

    assert clock.run(main()) == ["other task", "saved"]


@pytest.mark.parametrize("latency", [-0.1, float("nan"), float("inf")])
def test_an_impossible_latency_is_refused(latency: float) -> None:
    with pytest.raises(ValueError, match="latency must be 0 seconds or more"):
        MemoryStore(latency=latency)


@pytest.mark.parametrize("latency", [0.0, 0.02])
def test_a_save_in_a_cancelled_scope_is_lost(latency: float) -> None:
    # What a server meets when its client leaves: the reason to shield the last save.
    async def main() -> None:
        store = MemoryStore(latency)
        await store.save_thread(thread(), None)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await store.add_thread_item("thr", answer("1"), None)
        with pytest.raises(NotFoundError):
            await store.load_item("thr", "1", None)
        with anyio.CancelScope() as scope:
            scope.cancel()
            with anyio.CancelScope(shield=True):
                await store.add_thread_item("thr", answer("1"), None)
        assert await store.load_item("thr", "1", None) == answer("1")

    clock.run(main())


def test_what_is_saved_is_what_was_there_at_the_call() -> None:
    async def main() -> None:
        store = MemoryStore(latency=1.0)
        await store.save_thread(thread(), None)
        item: Any = answer("1", text="then")
        saving = asyncio.create_task(store.add_thread_item("thr", item, None))
        await asyncio.sleep(0.5)
        item.content[0].text = "now"
        await saving
        assert await store.load_item("thr", "1", None) == answer("1", text="then")

    clock.run(main())


def test_ids_are_counted_per_kind() -> None:
    store = MemoryStore()
    first = [store.generate_thread_id(None), store.generate_thread_id(None)]
    then = [
        store.generate_item_id("message", thread("a"), None),
        store.generate_item_id("sdk_hidden_context", thread("a"), None),
        store.generate_item_id("message", thread("b"), None),
    ]
    assert first == ["thr_1", "thr_2"]
    assert then == ["msg_1", "shcx_1", "msg_2"]
    assert MemoryStore().generate_thread_id(None) == "thr_1"


def test_ids_begin_as_the_sdks_do() -> None:
    store = MemoryStore()
    for kind in get_args(StoreItemType):
        prefix = default_generate_id(kind)[:-8]
        assert store.generate_item_id(kind, thread(), None) == f"{prefix}1"


def test_dropping_from_a_shelf_keeps_the_others_in_order() -> None:
    shelf: Shelf[str] = Shelf()
    for n, key in enumerate("bdac"):
        shelf.put(key, key.upper(), at=n % 2)
    assert shelf.page(None, 9, False) == (["B", "A", "D", "C"], False)
    shelf.drop("A")
    shelf.drop("a")
    assert shelf.page(None, 9, True) == (["C", "D", "B"], False)
    assert shelf.page("d", 1, True) == (["B"], False)
    with pytest.raises(KeyError):
        shelf.page("a", 1, True)


def test_it_says_what_it_is() -> None:
    assert repr(MemoryStore(latency=0.02)) == "MemoryStore(latency=0.02)"


def test_the_public_names_are_these() -> None:
    assert sorted(lesson_kit.store.__all__) == [
        "MemoryStore",
        "NotFoundError",
        "SQLStore",
        "StoreError",
    ]
