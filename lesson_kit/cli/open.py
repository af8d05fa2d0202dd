"""A server with its database, opened for one command and closed after it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import URL
from starlette.applications import Starlette

from ..conversation import warm_up
from ..model import ModelChoiceError
from ..server import LessonServer
from ..store import SQLStore, StoreError
from ..web import create_app


class OpenError(Exception):
    """The server cannot start; the message says what to do."""


@contextlib.asynccontextmanager
async def open_server(
    db: str, *, make_app: Callable[[LessonServer], Starlette] = create_app, **options: Any
) -> AsyncIterator[tuple[LessonServer, Starlette]]:
    """Open the course's server on a database: a file name, or any SQLAlchemy URL.

    The options are those of `LessonServer`. Raises `OpenError`.
    """
    try:
        # Not as text: a file name may hold what a URL gives a meaning, such as "?" or "%".
        url = db if "://" in db else URL.create("sqlite+aiosqlite", database=db)
        server = LessonServer(store := SQLStore(url), **options)
        await store.__aenter__()  # a database that cannot be opened says so here
    except (ModelChoiceError, StoreError) as error:
        raise OpenError(str(error)) from None
    app = make_app(server)
    await asyncio.to_thread(warm_up)
    try:
        yield server, app
    finally:
        await (
            app.state.shutdown.finish()
        )  # stops the turns, waits for their saves, closes the store
