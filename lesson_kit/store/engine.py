"""The SQLAlchemy engine behind a store."""

from __future__ import annotations

import os
import re
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, InvalidRequestError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from .errors import StoreError

__all__ = [
    "BUSY",
    "describe",
    "is_in_memory",
    "is_sqlite",
    "make_engine",
    "parse",
    "write_ahead",
    "writing",
]

# Real seconds that SQLite waits for another process's write. Less than the 10 s for which the
# virtual clock believes in work that it cannot see (pace.py).
BUSY = 8.0
# How often we wait for other connections that turn on the write-ahead log of a new file.
SWITCHES = 20
EXAMPLE = "sqlite+aiosqlite:///lesson.sqlite"
SERVER_EXAMPLE = "postgresql+asyncpg://user:password@host/name"
# Seconds until a server that says nothing counts as lost: to connect, and to answer one statement. Without the second a
# dead network would hold a call, which cannot be cancelled (finish.py), until the kernel gives the connection up.
CONNECT, ANSWER = 10.0, 20.0


def parse(url: str | sa.URL) -> sa.URL:
    """Read a database URL; raise `StoreError` for what is none."""
    try:
        read = sa.make_url(url)
    except (ArgumentError, ValueError):  # the second for a port that is no number
        # What is no URL may still hold a password, and this message may be logged.
        shown = re.sub(r"^(.*?//)?.*@", r"\1***@", str(url))
        shown = re.sub(r"password=[^&]*", "password=***", shown)
        raise StoreError(
            f"expected a database URL such as {EXAMPLE!r}, but got {shown!r}. "
            "For a file, put sqlite+aiosqlite:/// before its path."
        ) from None
    # asyncpg takes `?password=...` too; in its own place SQLAlchemy hides it wherever the URL is shown.
    if isinstance(secret := read.query.get("password"), str):
        read = read.difference_update_query(["password"]).set(password=secret)
    return read


def is_sqlite(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def is_in_memory(url: sa.URL) -> bool:
    return is_sqlite(url) and url.database in (None, "", ":memory:")


def describe(url: sa.URL) -> str:
    """Name a database for people: a file's full path, otherwise the URL without its password."""
    file = url.database
    if is_sqlite(url) and file and file != ":memory:" and not file.startswith("file:"):
        return os.path.abspath(file)
    return url.render_as_string(hide_password=True)


def make_engine(url: sa.URL, width: int) -> AsyncEngine:
    """Make an engine of up to `width` connections; raise `StoreError` for an unusable driver.

    Nothing is opened yet. The store lets no more than `width` tasks in, so the pool's own queue
    stays unused.
    """
    options: dict[str, Any] = {"pool_size": width, "max_overflow": 0}
    if is_sqlite(url):
        # Named, since SQLAlchemy would let all tasks share one transaction of a ":memory:" file.
        options |= {"poolclass": AsyncAdaptedQueuePool, "connect_args": {"timeout": BUSY}}
    else:
        # A server may have been restarted since the last call: hence the ping. What `rows.py` asks is written for READ
        # COMMITTED, whatever the server's own default is.
        options |= {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
    if url.drivername == "postgresql+asyncpg":
        options |= {"connect_args": {"timeout": CONNECT, "command_timeout": ANSWER}}
    try:
        engine = create_async_engine(url, **options)
    except ModuleNotFoundError as error:
        raise _no_driver(url, error.name) from None
    except (ArgumentError, InvalidRequestError) as error:
        raise StoreError(
            f"cannot use {url.drivername!r} here: {error}. "
            f"Name an async driver, for example {EXAMPLE!r} or {SERVER_EXAMPLE!r}."
        ) from None
    if is_sqlite(url):
        event.listen(engine.sync_engine, "do_connect", _try_to_open)
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _no_driver(url: sa.URL, package: str | None) -> StoreError:
    if package == "asyncpg":
        return StoreError(
            "PostgreSQL needs the Python package 'asyncpg', which is not installed: "
            "pip install 'lesson-kit[postgres]'"
        )
    # "postgresql://" alone means psycopg2, which cannot be awaited.
    if url.get_backend_name() == "postgresql":
        return StoreError(
            f"{url.drivername!r} is not how SQLStore reaches PostgreSQL: write {SERVER_EXAMPLE!r}."
        )
    return StoreError(
        f"{url.drivername!r} needs the Python package {package!r}, which is not installed: "
        f"pip install {package}"
    )


def writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for transactions that write.

    SQLite must know at BEGIN: a transaction that reads first and writes later cannot wait for
    another writer, it fails at once with "database is locked".
    """
    return engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")


def _begin(db: sa.Connection) -> None:
    if statement := db.get_execution_options().get("sqlite_begin", "BEGIN"):
        db.exec_driver_sql(statement)


def _try_to_open(_dialect: Any, _record: Any, args: Any, options: Any) -> None:
    """Fail before aiosqlite does: its thread answers a failed open twice, once unawaited.

    If the loop has ended by then, that thread dies with "Event loop is closed" (aiosqlite 0.22,
    `_connect`).
    """
    sqlite3.connect(*args, **options).close()


def _prepare(connection: Any, _record: Any) -> None:
    try:
        connection.isolation_level = None  # we say BEGIN ourselves, see `writing`
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")  # off by default, per connection
        cursor.close()
    except BaseException:
        connection.close()  # else the driver's thread would stay: no pool knows this connection yet
        raise


async def write_ahead(engine: AsyncEngine) -> None:
    """Turn on a SQLite file's write-ahead log: readers elsewhere then need not wait for a writer.

    Durability stays SQLite's default (`synchronous=FULL`): what was saved survives a power cut too.
    """
    # The file's mode can be changed only outside a transaction: without BEGIN.
    async with engine.execution_options(sqlite_begin=None).begin() as connection:
        await connection.run_sync(_switch_to_wal)


def _switch_to_wal(db: sa.Connection) -> None:
    # While another connection does the same to a new file, SQLite says "locked" at once instead
    # of waiting (seen in 3 of 720 openings, six at a time). BEGIN IMMEDIATE does wait, and by
    # then the log is on.
    for _ in range(SWITCHES):
        try:
            db.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            db.exec_driver_sql("BEGIN IMMEDIATE")
            db.exec_driver_sql("ROLLBACK")
    db.exec_driver_sql("PRAGMA journal_mode=WAL")
