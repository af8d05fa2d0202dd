"""A database that async tasks share: one transaction per piece of work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from ..clock import off_the_clock
from .engine import describe, is_sqlite, make_engine, parse, write_ahead, writing
from .errors import StoreError
from .failures import in_plain_words, was_in_the_way
from .finish import finish
from .layout import lay_out

__all__ = ["Database"]

T = TypeVar("T")
P = ParamSpec("P")

# How often a transaction is run when another one is in its way.
ATTEMPTS = 5
# Connections per store on a server. On SQLite it is one: there is one writer at a time anyway, and
# a second connection would only wait for it in a thread, and not in order of arrival.
WIDTH = 5


class Database:
    """Run plain functions of a connection, each in a transaction that happens whole or not at all.

    All work is off the virtual clock: the driver answers from a thread or a socket that virtual
    time cannot see.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.url = parse(url)
        self._width = 1 if is_sqlite(self.url) else WIDTH
        self._engine = make_engine(self.url, self._width)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate = asyncio.Semaphore(self._width)
        self._opening = asyncio.Lock()
        self._opened = False
        self._closed = False

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `work(connection, ...)` gives. Raises what it raises, and `StoreError` when the database fails."""
        return await self._take_turn(self._engine, lambda db: work(db, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for work that writes; it may be run again when another transaction was in its way."""
        return await self._take_turn(writing(self._engine), lambda db: work(db, *args, **kwargs))

    async def open(self) -> None:
        """Open the database and make its tables now, not on first use."""
        await self.read(lambda db: None)

    async def close(self) -> None:
        """Close every connection, after the work in progress; a second call does nothing."""
        self._enter_loop()
        self._closed = True
        async with contextlib.AsyncExitStack() as turns:
            for _ in range(self._width):
                await turns.enter_async_context(self._gate)
            await finish(self._dispose())
        self._loop = None

    async def _take_turn(self, engine: AsyncEngine, work: Callable[[sa.Connection], T]) -> T:
        self._enter_loop()
        # A cancelled task must learn it before it writes, as with a driver that is cancelled
        # while it connects. Without this wait an uncontended store would save what a careless
        # server should lose (ledger, finding 4).
        await asyncio.sleep(0)
        async with self._gate:
            if self._closed:
                raise StoreError(
                    f"the store on {describe(self.url)} is closed. "
                    "Make a new SQLStore, or close this one later."
                )
            return await finish(self._transact(engine, work))

    async def _transact(self, engine: AsyncEngine, work: Callable[[sa.Connection], T]) -> T:
        with off_the_clock(), in_plain_words(self.url):
            await self._open()
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    async with engine.begin() as connection:
                        return await connection.run_sync(work)
                except DBAPIError as error:
                    if attempt == ATTEMPTS or not was_in_the_way(error):
                        raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _open(self) -> None:
        async with self._opening:
            if self._opened:
                return
            try:
                await self._lay_out()
            except (IntegrityError, ProgrammingError):
                # Another process was making the same tables: now they are there.
                await self._lay_out()
            self._opened = True

    async def _lay_out(self) -> None:
        async with writing(self._engine).begin() as connection:
            await connection.run_sync(lay_out, describe(self.url))
        if is_sqlite(self.url):
            await write_ahead(self._engine)

    async def _dispose(self) -> None:
        with off_the_clock(), in_plain_words(self.url):
            await self._engine.dispose()

    def _enter_loop(self) -> None:
        """Make sure that one loop at a time uses this database.

        SQLite's connections live in threads and survive their loop: a notebook may use one store
        in several `clock.run(...)`, one after the other. A network driver's connections belong to
        their loop.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        if self._loop is not None and (self._loop.is_running() or not is_sqlite(self.url)):
            raise StoreError(
                f"this SQLStore on {describe(self.url)} was opened in another event loop. Make a "
                "second SQLStore with the same URL for this loop: two may write to one database."
            )
        self._loop = loop
        self._gate = asyncio.Semaphore(self._width)
        self._opening = asyncio.Lock()
