"""A server with its database, opened for one command and closed after it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from ..model import ModelChoiceError
from ..server import LessonServer
from ..store import SQLStore, StoreError
from ..web import create_app


class OpenError(Exception):
    """The server cannot start; the message says what to do."""


@contextlib.asynccontextmanager
async def open_server(db: str) -> AsyncIterator[tuple[LessonServer, Starlette]]:
    """Open the course's server on a database: a file name, or any SQLAlchemy URL. Raises `OpenError`."""
    try:
        store = SQLStore(db if "://" in db else f"sqlite+aiosqlite:///{db}")
        server = LessonServer(store)
        await store.load_threads(1, None, "desc", {})  # a database that cannot be opened fails here
    except (ModelChoiceError, StoreError) as error:
        raise OpenError(str(error)) from None
    try:
        yield server, create_app(server)
    finally:
        server.stop_all("shutdown")
        await server.drain()
        await store.close()
