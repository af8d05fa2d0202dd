"""`lesson-kit serve`: the course's server behind a real socket."""

from __future__ import annotations

import asyncio
import socket
from typing import Annotated

import typer

from .say import give_up, out


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8000,
    db: Annotated[
        str, typer.Option(help="The file (or database URL) that keeps conversations.")
    ] = "lesson.sqlite",
) -> None:
    """Serve the chat page and its protocol. Ctrl-C or SIGTERM stops every answer and keeps what arrived.

    Examples:

      lesson-kit serve

      LESSON_KIT_MODEL=openai/gpt-4o lesson-kit serve --port 0 --db class.sqlite
    """
    from ..serve import AddressTaken, listen
    from .open import OpenError

    try:
        with listen(host, port) as taken:
            asyncio.run(_serve(taken, db))
    except (AddressTaken, OpenError) as error:
        give_up(str(error))


async def _serve(taken: socket.socket, db: str) -> None:
    from ..serve import serve as serve_app
    from .open import open_server

    async with open_server(db) as (server, app):
        host, port = taken.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        out.print(f"Chat page:  http://{shown}:{port}/", markup=False)
        out.print(f"Answers:    {server.model_name}", markup=False)
        out.print("Ctrl-C stops every answer and keeps what arrived.", markup=False)
        await serve_app(app, taken, app.state.shutdown.begin)
