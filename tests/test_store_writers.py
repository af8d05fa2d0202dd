"""Several writers on one thread lose nothing, also when some of them are cancelled."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from chatkit.store import NotFoundError, Store

from lesson_kit import clock
from lesson_kit.store import SQLStore, StoreError

from .store_contract import KINDS, answer, ids_of, opened, thread


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def sharing(file: Path, count: int) -> AsyncIterator[list[SQLStore]]:
    """Open several stores on one file."""
    async with AsyncExitStack() as stack:
        stores = [SQLStore(f"sqlite+aiosqlite:///{file}") for _ in range(count)]
        for store in stores:
            await stack.enter_async_context(store)
        await stores[0].save_thread(thread(), None)
        yield stores


def test_200_appends_at_once_are_all_kept_in_order(kind: str, tmp_path: Path) -> None:
    names = [f"{n:03}" for n in range(200)]

    async def main() -> list[str]:
        async with opened(kind, tmp_path) as store:
            await store.save_thread(thread(), None)
            adding = (store.add_thread_item("thr", answer(name), None) for name in names)
            await asyncio.gather(*adding)
            return await ids_of(store)

    kept = clock.run(main())
    assert sorted(kept) == names
    if "://" not in kind:  # a server with several connections may swap neighbours
        assert kept == names


def test_many_first_saves_of_one_id_make_one_item(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(kind, tmp_path) as store:
            await asyncio.gather(*(store.save_thread(thread(), None) for _ in range(20)))
            same = (store.add_thread_item("thr", answer("same"), None) for _ in range(20))
            await asyncio.gather(*same)
            assert await ids_of(store) == ["same"]

    clock.run(main())


def test_two_stores_on_one_file_write_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with sharing(tmp_path / "lesson.sqlite", 2) as stores:
            await asyncio.gather(
                *(
                    store.add_thread_item("thr", answer(f"{who}.{n}"), None)
                    for n in range(50)
                    for who, store in enumerate(stores)
                )
            )
            for store in stores:
                kept = await ids_of(store)
                assert len(kept) == 100
                for who in "01":  # each writer's own order is kept
                    own = [name for name in kept if name.startswith(who)]
                    assert own == [f"{who}.{n}" for n in range(50)]

    clock.run(main())


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        stores = [SQLStore(f"sqlite+aiosqlite:///{tmp_path / 'lesson.sqlite'}") for _ in range(8)]
        saving = (store.save_thread(thread(f"t{n}"), None) for n, store in enumerate(stores))
        await asyncio.gather(*saving)
        assert len((await stores[0].load_threads(9, None, "asc", None)).data) == 8
        await asyncio.gather(*(store.close() for store in stores))

    clock.run(main())


def test_a_deleted_thread_takes_no_late_item(tmp_path: Path) -> None:
    async def main() -> None:
        async with sharing(tmp_path / "lesson.sqlite", 2) as (one, two):
            outcomes = await asyncio.gather(
                *(two.add_thread_item("thr", answer(str(n)), None) for n in range(10)),
                one.delete_thread("thr", None),
                return_exceptions=True,
            )
            assert all(error is None or isinstance(error, NotFoundError) for error in outcomes)
        with sqlite3.connect(tmp_path / "lesson.sqlite") as db:
            assert db.execute("SELECT count(*) FROM items").fetchall() == [(0,)]
        db.close()

    clock.run(main())


# Cancellation


async def one_or_none(store: Store[Any], name: str) -> bool:
    """Tell whether an item is there; it must be there whole."""
    try:
        assert await store.load_item("thr", name, None) == answer(name, text="x" * 20_000)
    except NotFoundError:
        return False
    return True


def test_a_write_cancelled_at_any_step_happens_whole_or_not_at_all(
    kind: str, tmp_path: Path
) -> None:
    async def main() -> None:
        async with opened(kind, tmp_path) as store:
            await store.save_thread(thread(), None)
            for steps in range(30):
                name = str(steps)
                write = asyncio.create_task(
                    store.add_thread_item("thr", answer(name, text="x" * 20_000), None)
                )
                for _ in range(steps):
                    await asyncio.sleep(0)
                write.cancel()
                await asyncio.wait([write])
                assert len(asyncio.all_tasks()) == 1
                there = await one_or_none(store, name)
                assert there or write.cancelled()
                await store.add_thread_item("thr", answer("next"), None)

    clock.run(main())


def test_a_save_in_a_cancelled_scope_needs_a_shield(kind: str, tmp_path: Path) -> None:
    # The lesson holds for every store: whoever is cancelled must shield the last save (ledger,
    # finding 4).
    async def main() -> None:
        async with opened(kind, tmp_path) as store:
            await store.save_thread(thread(), None)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await store.add_thread_item("thr", answer("lost"), None)
            with anyio.CancelScope() as scope:
                scope.cancel()
                with anyio.CancelScope(shield=True):
                    await store.add_thread_item("thr", answer("kept"), None)
            assert await ids_of(store) == ["kept"]

    clock.run(main())


def test_a_scope_cancelled_during_a_write_lets_the_write_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened("sqlite", tmp_path) as store:
            await store.save_thread(thread(), None)
            after_the_write = False
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(store.add_thread_item, "thr", answer("begun"), None)
                    await anyio.lowlevel.checkpoint()
                    await anyio.lowlevel.checkpoint()
                    scope.cancel()
                after_the_write = True
            assert not after_the_write
            assert await ids_of(store) == ["begun"]

    clock.run(main())


def test_a_writer_cancelled_in_the_queue_leaves_the_queue_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened("sqlite", tmp_path) as store:
            await store.save_thread(thread(), None)
            adding = [
                asyncio.create_task(store.add_thread_item("thr", answer(str(n)), None))
                for n in range(6)
            ]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for task in adding[1::2]:
                task.cancel()
            await asyncio.wait(adding)
            assert await ids_of(store) == ["0", "2", "4"]

    clock.run(main())


def test_a_time_limit_around_a_write_is_still_a_time_limit(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened("sqlite", tmp_path) as store:
            await store.save_thread(thread(), None)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await store.add_thread_item("thr", answer("1"), None)
            await store.add_thread_item("thr", answer("2"), None)
            assert "2" in await ids_of(store)

    clock.run(main())


def test_a_cancelled_write_that_fails_says_so_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        file = tmp_path / "lesson.sqlite"
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            await store.save_thread(thread(), None)
            with sqlite3.connect(file) as db:
                db.execute("DROP TABLE items")
            db.close()
            write = asyncio.create_task(store.add_thread_item("thr", answer("1"), None))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            write.cancel()
            with pytest.raises(asyncio.CancelledError):
                await write
            with pytest.raises(StoreError, match="no such table: items"):
                await store.add_thread_item("thr", answer("1"), None)

    with caplog.at_level(logging.ERROR, "lesson_kit"):
        clock.run(main())
    assert [r.message for r in caplog.records if "no such table" in r.message]


def test_a_cancelled_read_of_an_unknown_id_logs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with opened("sqlite", tmp_path) as store:
            read = asyncio.create_task(store.load_thread("x", None))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            read.cancel()
            with pytest.raises(asyncio.CancelledError):
                await read

    clock.run(main())
    assert caplog.records == []


@pytest.mark.parametrize("steps", range(40))
def test_a_loop_that_ends_during_a_write_leaves_no_lock_behind(tmp_path: Path, steps: int) -> None:
    # As in a notebook: the loop of one cell is gone, its store is not closed, and the next cell
    # goes on.
    url = f"sqlite+aiosqlite:///{tmp_path / 'lesson.sqlite'}"
    store = SQLStore(url)

    async def leave() -> None:
        await store.save_thread(thread(), None)
        left = asyncio.create_task(store.add_thread_item("thr", answer("1"), None))
        for _ in range(steps):
            await asyncio.sleep(0)
        assert not left.cancelled()

    async def go_on() -> None:
        async with SQLStore(url) as other:
            await other.add_thread_item("thr", answer("2"), None)
            assert await ids_of(other) in (["2"], ["1", "2"])
        await store.add_thread_item("thr", answer("3"), None)
        assert (await ids_of(store))[-1] == "3"
        await store.close()

    clock.run(leave())
    clock.run(go_on())
