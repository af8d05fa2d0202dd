"""A database of an older kit is brought up to date when it is opened, and loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from lesson_kit import clock
from lesson_kit.store import NotFoundError, SQLStore, StoreError
from lesson_kit.store.body import ITEM, THREAD, pack
from lesson_kit.store.paging import instant
from lesson_kit.store.tables import VERSION

from .store_contract import NOON, By, answer, ids_of, thread

# As the first kit made it; `{seq}` differs between databases.
LAYOUT_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE attachments (id VARCHAR(255) NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id));
CREATE TABLE threads (
    seq {seq} NOT NULL, id VARCHAR(255) NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (seq), UNIQUE (id)
);
CREATE INDEX threads_by_time ON threads (at, seq);
CREATE TABLE items (
    seq {seq} NOT NULL, thread_id VARCHAR(255) NOT NULL, id VARCHAR(255) NOT NULL,
    at BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (seq), UNIQUE (thread_id, id),
    FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
);
CREATE INDEX items_by_time ON items (thread_id, at, seq);
INSERT INTO schema_version VALUES (1);
"""


def filled(seq: str) -> str:
    """A database of the first layout with one thread of two items, as SQL."""
    at, body = instant(NOON), pack(THREAD, thread(), "thread")
    lines = [LAYOUT_1.format(seq=seq)]
    lines.append(f"INSERT INTO threads (id, at, body) VALUES ('thr', {at}, '{body}');")
    for name in "ab":
        item = pack(ITEM, answer(name), "item")
        values = f"('thr', '{name}', {at}, '{item}')"
        lines.append(f"INSERT INTO items (thread_id, id, at, body) VALUES {values};")
    lines.append(
        "INSERT INTO attachments VALUES "
        """('atc', '{"id": "atc", "name": "a", "mime_type": "text/plain", "type": "file"}');"""
    )
    return "\n".join(lines)


async def upgrade_and_use(url: str) -> None:
    """Open an old database with six stores at once, and go on in it."""
    async with AsyncExitStack() as stack:
        stores = [SQLStore(url) for _ in range(6)]
        await asyncio.gather(*(stack.enter_async_context(store) for store in stores))
        store = stores[0]
        assert await store.load_thread("thr", None) == thread()
        assert (await store.load_attachment("atc", None)).name == "a"
        await store.add_thread_item("thr", answer("c"), None)
        await store.save_thread(thread("new"), By("ann"))
        for each in stores:
            assert await ids_of(each) == ["a", "b", "c"]
            assert await each.count_threads(None) == 1
            with pytest.raises(NotFoundError):
                await each.load_thread("thr", By("ann"))
        assert store.shared_turns
        assert await store.shared_turns.begin("thr", "server", "turn", None)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(filled("INTEGER"))
    return file


def query(file: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as db, db:
        return db.execute(sql).fetchall()


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return list(db.iterdump())


def test_an_old_file_is_upgraded_by_whoever_opens_it_first(old: Path) -> None:
    clock.run(upgrade_and_use(f"sqlite+aiosqlite:///{old}"))
    assert query(old, "SELECT version FROM schema_version") == [(VERSION,)]


def test_an_upgraded_file_has_what_a_new_one_has(old: Path, tmp_path: Path) -> None:
    async def open_and_close(file: Path) -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{file}"):
            pass

    new = tmp_path / "new.sqlite"
    for file in (old, new):
        clock.run(open_and_close(file))

    def shape(file: Path) -> dict[str, set[Any]]:
        tables = [name for (name,) in query(file, "SELECT name FROM sqlite_master")]
        columns = {name: set(query(file, f'SELECT name, type, "notnull", pk FROM pragma_table_info("{name}")')) for name in tables}  # fmt: skip
        indexes = {f"{name}'s": {i[1] for i in query(file, f'PRAGMA index_list("{name}")')} for name in tables}  # fmt: skip
        return columns | indexes

    assert shape(old) == shape(new)


def test_an_older_kit_that_still_runs_may_write_on(old: Path) -> None:
    # In the middle of a deploy: the tables are new, and some processes are not.
    async def main() -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{old}") as store:
            body = pack(THREAD, thread("late"), "thread")
            query(old, f"INSERT INTO threads (id, at, body) VALUES ('late', 0, '{body}')")
            assert await store.load_thread("late", None) == thread("late")

    clock.run(main())


def test_an_upgrade_that_fails_changes_nothing(old: Path) -> None:
    query(old, "CREATE TABLE turns (of TEXT)")

    async def main() -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{old}"):
            pass

    before = dump(old)
    with pytest.raises(StoreError, match="table turns already exists"):
        clock.run(main())
    assert dump(old) == before
