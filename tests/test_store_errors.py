"""What SQLStore says when its database fails: the place, the reason and the next step."""

from __future__ import annotations

import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

from lesson_kit import clock
from lesson_kit.store import SQLStore, StoreError
from lesson_kit.store.failures import ADVICE, in_plain_words

from .store_contract import answer, ids_of, thread

ROOM = 12  # pages of 4096 bytes: enough for the tables, not for the messages of the test


def refusal(url: str | sa.URL) -> str:
    """Open a store that cannot be opened; return what it says."""

    async def main() -> None:
        async with SQLStore(url):
            pass

    with pytest.raises(StoreError) as caught:
        clock.run(main())
    seen_by_user = "".join(traceback.format_exception(caught.value))
    assert "site-packages/sqlalchemy/pool" not in seen_by_user
    assert "direct cause" not in seen_by_user
    assert "sqlalche.me" not in seen_by_user
    return str(caught.value)


def test_a_missing_folder(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "lesson.sqlite"
    said = refusal(f"sqlite+aiosqlite:///{file}")
    assert said == (
        f"cannot create {file}: the folder {file.parent} does not exist. "
        "Make it first, or name another file."
    )


def test_a_missing_file_named_by_a_uri(tmp_path: Path) -> None:
    said = refusal(f"sqlite+aiosqlite:///file:{tmp_path / 'gone.sqlite'}?mode=ro&uri=true")
    assert "gone.sqlite" in said
    assert said.endswith("refused: unable to open database file")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    said = refusal(f"sqlite+aiosqlite:///{tmp_path}")
    assert said.startswith(f"{tmp_path} is a folder. Name a file in it")


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("x")
    said = refusal(f"sqlite+aiosqlite:///{tmp_path / 'notes' / 'lesson.sqlite'}")
    assert f"{tmp_path / 'notes'} is a file, not a folder" in said


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my diary\n" * 200)
    said = refusal(f"sqlite+aiosqlite:///{file}")
    assert said.startswith(f"{file} is there, but it is not a SQLite database. Name another file")
    assert file.read_text() == "my diary\n" * 200


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    file = tmp_path / "lesson.sqlite"
    sqlite3.connect(file).close()
    file.touch()
    said = refusal(f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true")
    assert "may be read but not written. Change its permissions" in said
    assert str(file) in said


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may open anything, so SQLite's own word for it comes from here.
    file = tmp_path / "lesson.sqlite"
    error = OperationalError(
        "BEGIN", None, sqlite3.OperationalError("unable to open database file")
    )
    with pytest.raises(StoreError, match=f"cannot open or create {file}: permission denied"):
        with in_plain_words(sa.make_url(f"sqlite+aiosqlite:///{file}")):
            raise error


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let every SQLite file grow to `ROOM` pages only: "database or disk is full"."""

    def limit(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count={ROOM}")
        cursor.close()

    sa.event.listen(Pool, "connect", limit)
    yield
    sa.event.remove(Pool, "connect", limit)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_keeps_what_was_saved_before(tmp_path: Path) -> None:
    file = tmp_path / "lesson.sqlite"

    async def main() -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            await store.save_thread(thread(), None)
            await store.add_thread_item("thr", answer("small"), None)
            with pytest.raises(StoreError, match=f"no room to write to {file}: the disk is full"):
                await store.add_thread_item("thr", answer("large", text="x" * 100_000), None)
            await store.add_thread_item("thr", answer("small too"), None)
            assert await ids_of(store) == ["small", "small too"]

    clock.run(main())


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "lesson.sqlite"

    async def fill() -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            await store.save_thread(thread(), None)
            await store.add_thread_item("thr", answer("1", text="x" * 50_000), None)

    async def read() -> None:
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            await store.load_item("thr", "1", None)

    clock.run(fill())
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=f"{file} is damaged. Restore it from a copy"):
        clock.run(read())


def test_another_processs_endless_write_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in real time: SQLite is told not to wait.
    def hurry(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        cursor.close()

    file = tmp_path / "lesson.sqlite"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    sa.event.listen(Pool, "connect", hurry)
    try:
        said = refusal(f"sqlite+aiosqlite:///{file}")
    finally:
        sa.event.remove(Pool, "connect", hurry)
        other.close()
    assert said.startswith(f"another writer has held {file} for more than 8 seconds")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("lesson.sqlite", "expected a database URL such as 'sqlite.aiosqlite:///lesson.sqlite'"),
        ("", "expected a database URL"),
        ("sqlite:///lesson.sqlite", "Name an async driver, for example 'sqlite.aiosqlite"),
        ("nosuch+driver://host/x", "cannot use 'nosuch.driver' here"),
        ("postgresql://host/x", "write 'postgresql.asyncpg://user:password@host/name'"),
        ("postgresql+psycopg2://host/x", "write 'postgresql.asyncpg://user:password@host/name'"),
        ("postgres://host/x", "'postgresql.asyncpg://user:password@host/name'"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_at_once(url: str, expected: str) -> None:
    with pytest.raises(StoreError, match=expected):
        SQLStore(url)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=r"pip install .lesson-kit\[postgres\]") as caught:
        SQLStore("postgresql+asyncpg://me:secret@127.0.0.1/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg//me:sesame@host/x",  # no colon
        "postgresql+asyncpg://me:sesame@host:five/x",
        "postgresql+asyncpg://me:sesame@sesame:sesame@host:five/x",
        "postgresql+asyncpg://me@host:five/x?password=sesame&ssl=on",
        "postgres://me:sesame@host/x",
        "postgresql+psycopg2://me:sesame@host/x",
        "postgresql+nosuch://me@host/x?password=sesame",
    ],
)
def test_a_password_in_a_wrong_url_is_not_shown(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        SQLStore(url)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))


def test_a_password_is_not_in_the_stores_name() -> None:
    pytest.importorskip("asyncpg", reason="no asyncpg here: pip install 'lesson-kit[postgres]'")
    for url in (
        "postgresql+asyncpg://me:sesame@127.0.0.1/x",
        "postgresql+asyncpg://me@127.0.0.1/x?password=sesame",
    ):
        store = SQLStore(url)
        assert "me" in repr(store)
        assert "sesame" not in repr(store)
        assert "sesame" not in str(vars(store)) + repr(vars(store._database))


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    url = sa.make_url("postgresql+asyncpg://me:secret@127.0.0.1/x")
    with pytest.raises(StoreError, match=r"cannot reach the database .*me:\*\*\*@127") as caught:
        with in_plain_words(url):
            raise ConnectionRefusedError(111, "Connection refused")
    assert "secret" not in str(caught.value)


def test_an_unknown_complaint_is_passed_on_in_one_line() -> None:
    error = OperationalError("SELECT 1", None, Exception("strange thing\nsecond line"))
    with pytest.raises(StoreError, match=r"refused: strange thing$"):
        with in_plain_words(sa.make_url("sqlite+aiosqlite:///x.sqlite")):
            raise error


def test_every_advice_names_the_place() -> None:
    assert all("{place}" in advice for advice in ADVICE.values())


def test_a_store_that_could_not_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    (tmp_path / "notes.txt").write_text("my diary\n" * 200)
    refusal(f"sqlite+aiosqlite:///{tmp_path / 'notes.txt'}")
    for driver in set(threading.enumerate()) - before:
        driver.join(5.0)  # it has answered, and may be on its last line
        assert not driver.is_alive()
