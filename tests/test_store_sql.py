"""SQLStore: a file that is there again tomorrow, its layout, its loops and its manners."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chatkit.store import NotFoundError
from sqlalchemy.schema import CreateTable

from lesson_kit import clock
from lesson_kit.store import SQLStore, StoreError
from lesson_kit.store.tables import VERSION, items, threads

from .store_contract import NOON, answer, ids_of, thread


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lesson.sqlite"


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def fill(url: str, *names: str) -> None:
    async with SQLStore(url) as store:
        await store.save_thread(thread(), None)
        for name in names:
            await store.add_thread_item("thr", answer(name), None)


async def read(url: str) -> list[str]:
    async with SQLStore(url) as store:
        return await ids_of(store)


def test_what_was_saved_is_there_in_the_next_process(file: Path) -> None:
    clock.run(fill(url_of(file), "a", "b"))
    assert clock.run(read(url_of(file))) == ["a", "b"]


def test_the_order_of_arrival_goes_on_after_reopening(file: Path) -> None:
    clock.run(fill(url_of(file), "z", "y"))
    clock.run(fill(url_of(file), "x", "z"))
    assert clock.run(read(url_of(file))) == ["z", "y", "x"]


SLOW = """
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 400000)
SELECT count(*) FROM c
"""


def test_database_work_takes_no_virtual_time_however_slow(file: Path) -> None:
    async def main() -> float:
        store = SQLStore(url_of(file))
        ticking = asyncio.create_task(asyncio.sleep(0.001))
        await store.save_thread(thread(), None)
        await asyncio.gather(*(store.add_thread_item("thr", answer(n), None) for n in "abc"))
        await store._database.read(lambda db: db.exec_driver_sql(SLOW).scalar())
        await store.close()
        assert not ticking.done()
        ticking.cancel()
        return asyncio.get_running_loop().time()

    assert clock.run(main()) == 0.0


def test_it_works_on_an_ordinary_loop_too(file: Path) -> None:
    asyncio.run(fill(url_of(file), "a"))
    assert asyncio.run(read(url_of(file))) == ["a"]


def test_the_file_uses_a_write_ahead_log_and_foreign_keys(file: Path) -> None:
    async def pragmas(db: SQLStore) -> tuple[Any, ...]:
        def ask(connection: Any) -> tuple[Any, ...]:
            names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
            return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)

        return await db._database.read(ask)

    async def main() -> None:
        async with SQLStore(url_of(file)) as store:
            assert await pragmas(store) == ("wal", 1, 8000, 2)

    clock.run(main())


def test_ids_are_whole_uuids() -> None:
    # ChatKit's default has 8 hex digits: two processes on one database would soon collide.
    store = SQLStore("sqlite+aiosqlite:///:memory:")
    thread_id = store.generate_thread_id(None)
    item_id = store.generate_item_id("sdk_hidden_context", thread(), None)
    assert thread_id.startswith("thr_")
    assert len(thread_id) == len("thr_") + 32
    assert item_id.startswith("shcx_")
    assert len({store.generate_thread_id(None) for _ in range(1000)}) == 1000


def test_it_says_what_it_is_without_the_password() -> None:
    assert repr(SQLStore()) == "SQLStore('sqlite+aiosqlite:///lesson.sqlite')"


def test_making_a_store_touches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SQLStore()
    assert list(tmp_path.iterdir()) == []


# One loop at a time


def test_one_store_serves_one_loop_after_another(file: Path) -> None:
    store = SQLStore(url_of(file))

    async def first() -> None:
        await store.save_thread(thread(), None)
        adding = (store.add_thread_item("thr", answer(str(n)), None) for n in range(5))
        await asyncio.gather(*adding)

    async def then() -> list[list[str]]:
        return await asyncio.gather(*(ids_of(store) for _ in range(5)))

    clock.run(first())
    assert clock.run(then()) == [list("01234")] * 5
    asyncio.run(store.close())


def test_two_loops_at_once_are_told_to_take_two_stores(file: Path) -> None:
    async def main() -> None:
        async with SQLStore(url_of(file)) as store:
            await store.save_thread(thread(), None)
            with pytest.raises(StoreError, match=r"opened in another event loop.*second SQLStore"):
                clock.run(store.load_thread("thr", None))  # in a thread of its own
            assert await store.load_thread("thr", None) == thread()

    asyncio.run(main())


# Closing


def test_a_closed_store_says_so_and_may_be_closed_again(file: Path) -> None:
    async def main() -> None:
        async with SQLStore(url_of(file)) as store:
            await store.save_thread(thread(), None)
        await store.close()
        with pytest.raises(StoreError, match=r"lesson\.sqlite is closed. Make a new SQLStore"):
            await store.load_thread("thr", None)

    clock.run(main())


def test_closing_waits_for_the_calls_in_progress(file: Path) -> None:
    async def main() -> list[str]:
        store = SQLStore(url_of(file))
        await store.save_thread(thread(), None)
        adding = [
            asyncio.create_task(store.add_thread_item("thr", answer(str(n)), None))
            for n in range(5)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await store.close()
        done = await asyncio.gather(*adding, return_exceptions=True)
        return [str(n) for n, error in enumerate(done) if error is None]

    saved = clock.run(main())
    assert saved
    assert clock.run(read(url_of(file))) == saved


def test_a_store_that_was_never_used_can_be_closed() -> None:
    clock.run(SQLStore("sqlite+aiosqlite:///:memory:").close())


# The layout


def test_a_new_file_has_the_layouts_version(file: Path) -> None:
    clock.run(fill(url_of(file)))
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT version FROM schema_version").fetchall() == [(VERSION,)]
    db.close()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (f"UPDATE schema_version SET version = {VERSION + 1}", "newer lesson-kit.*Upgrade"),
        ("UPDATE schema_version SET version = 0", "Name another database, or move this one away"),
        ("DELETE FROM schema_version", "store layout unknown.*Name another database"),
        ("DROP TABLE schema_version", "not a lesson-kit store"),
        ("DROP TABLE items", "not a lesson-kit store"),
    ],
)
def test_another_layout_is_refused_and_left_alone(file: Path, change: str, expected: str) -> None:
    clock.run(fill(url_of(file), "a"))
    with sqlite3.connect(file) as db:
        db.execute(change)
    db.execute("PRAGMA journal_mode=DELETE")
    db.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=expected) as caught:
        clock.run(read(url_of(file)))
    assert str(file) in str(caught.value)
    assert file.read_bytes() == before


def test_a_database_with_other_tables_gets_ours_beside_them(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE diary (day TEXT)")
    db.close()
    clock.run(fill(url_of(file), "a"))
    assert clock.run(read(url_of(file))) == ["a"]


def test_postgresql_gets_ids_that_count_far_and_rows_that_cascade() -> None:
    dialect = sa.make_url("postgresql+asyncpg://host/name").get_dialect()()
    made = {
        table.name: str(CreateTable(table).compile(dialect=dialect)) for table in (threads, items)
    }
    assert all("seq BIGSERIAL" in sql for sql in made.values())
    assert "REFERENCES threads (id) ON DELETE CASCADE" in made["items"]


# What cannot be stored or read


def test_what_is_not_json_is_refused_by_name(file: Path) -> None:
    async def main() -> None:
        async with SQLStore(url_of(file)) as store:
            with pytest.raises(StoreError, match="thread 'thr' cannot be stored as JSON"):
                await store.save_thread(thread(metadata={"socket": object()}), None)
            with pytest.raises(NotFoundError):
                await store.load_thread("thr", None)

    clock.run(main())


def test_a_row_of_a_newer_sdk_is_named(file: Path) -> None:
    clock.run(fill(url_of(file), "a"))
    with sqlite3.connect(file) as db:
        db.execute("""UPDATE items SET body = '{"type": "hologram"}'""")
    db.close()

    async def main() -> None:
        async with SQLStore(url_of(file)) as store:
            with pytest.raises(
                StoreError, match=r"item 'a' of thread 'thr'.*upgrade openai-chatkit"
            ):
                await store.load_item("thr", "a", None)
            assert (await store.load_thread("thr", None)).created_at == NOON

    clock.run(main())
