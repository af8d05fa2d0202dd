"""`lesson-kit serve`: the course's server behind a real socket."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .bearer import VARIABLE
from .say import err, give_up, out

if TYPE_CHECKING:
    from ..web import Guard, Tokens

# Open connections, of browsers that keep one for later among them; most systems give a process 1024 files.
CONNECTIONS = 900
# Whoever reads nothing for so long has gone, or wants a place for nothing.
UNREAD_SECONDS = 60.0


class Log(StrEnum):
    """What the server writes about its streams."""

    plain = "plain"
    json = "json"


Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")]
Db = Annotated[str, typer.Option(help="The file (or database URL) that keeps conversations.")]
TokenFile = Annotated[
    Path | None, typer.Option(help="Whom to let in: lines 'token' or 'user:token'.")
]
Rate = Annotated[float, typer.Option(min=0, help="Requests a second of one user; 0: no limit.")]
Turns = Annotated[int, typer.Option(min=1, help="Answers that stream at once, in all.")]
TurnsPerUser = Annotated[int, typer.Option(min=1, help="The same for one user.")]
ThreadsPerUser = Annotated[int, typer.Option(min=0, help="Conversations of one user; 0: no limit.")]
AllowHost = Annotated[
    list[str] | None, typer.Option(help="A further name of this server. May be repeated.")
]
AllowOrigin = Annotated[
    list[str] | None, typer.Option(help="A site whose pages may ask. May be repeated.")
]
ReusePort = Annotated[
    bool, typer.Option("--reuse-port", help="Share the port with the server that follows.")
]
LogKind = Annotated[Log, typer.Option(help="json: one line for each answer.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    db: Db = "lesson.sqlite",
    token_file: TokenFile = None,
    rate: Rate = 10.0,
    turns: Turns = 100,
    turns_per_user: TurnsPerUser = 20,
    threads_per_user: ThreadsPerUser = 0,
    allow_host: AllowHost = None,
    allow_origin: AllowOrigin = None,
    reuse_port: ReusePort = False,
    log: LogKind = Log.plain,
) -> None:
    """Serve the chat page and its protocol. Ctrl-C or SIGTERM stops every answer and keeps what arrived.

    A token opens the server to whoever brings it (Authorization: Bearer TOKEN); the page asks for it. It comes from
    --token-file or the variable LESSON_KIT_TOKEN, never from the command line, which others can read. Whom a token
    names sees only what is theirs. Without tokens, a user is a network address.

    SIGHUP reads the token file again and cuts no stream; without a file it is SIGTERM. For new code or limits without
    a gap, start a second server on the port, both with --reuse-port, then send SIGTERM to the first.

    On loopback, a proxy in front that passes on its own name needs --allow-host. LESSON_KIT_FALLBACK_MODEL names a second
    model, for when that of LESSON_KIT_MODEL fails before its first word.

    Examples:

      lesson-kit serve

      LESSON_KIT_MODEL=openai/gpt-4o lesson-kit serve --port 0 --db class.sqlite

      lesson-kit serve --host 0.0.0.0 --token-file class.txt --threads-per-user 100
    """
    tokens, guard = _tokens_and_guard(
        token_file,
        rate=rate or None,
        unread_seconds=UNREAD_SECONDS,
        turns=turns,
        turns_per_user=turns_per_user,
        threads_per_user=threads_per_user or None,
        hosts=_names(host, allow_host or []),
        origins=frozenset(allow_origin or []),
    )
    _listen_and_serve((host, port, reuse_port), db, guard, tokens, log)


def _listen_and_serve(
    address: tuple[str, int, bool], db: str, guard: Guard, tokens: Tokens | None, log: Log
) -> None:
    from ..serve import AddressTaken, listen
    from .open import OpenError

    host, port, reuse_port = address
    try:
        with listen(host, port, reuse_port=reuse_port) as taken:
            asyncio.run(_serve(taken, db, guard, tokens, log))
    except (AddressTaken, OpenError) as error:
        give_up(str(error))


def _tokens_and_guard(token_file: Path | None, **limits: Any) -> tuple[Tokens | None, Guard]:
    from ..web import Guard

    try:
        return _tokens(token_file), Guard(**limits)
    except ValueError as error:  # a TokenError is one
        give_up(str(error), code=2)


def _names(host: str, further: list[str]) -> frozenset[str] | None:
    """List the names that the server answers to; None for any, where its names cannot be known."""
    from ..web import LOOPBACK

    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback and not further:
        return None
    return LOOPBACK | {name.lower() for name in (host, *further)}


def _tokens(file: Path | None) -> Tokens | None:
    from ..web import TokenError, Tokens

    text = os.environ.get(VARIABLE)
    if file and text:
        raise TokenError(f"got both --token-file and {VARIABLE}. Give one of them.")
    if file:
        return Tokens.from_file(file)
    return Tokens(text, source=VARIABLE) if text else None


async def _serve(
    taken: socket.socket, db: str, guard: Guard, tokens: Tokens | None, log: Log
) -> None:
    from ..serve import serve as serve_app
    from ..web import create_app
    from .open import open_server

    _log_with_request_ids()
    options: dict[str, Any] = {"max_turns": guard.turns, "observers": _observers(log)}
    async with open_server(
        db, make_app=lambda server: create_app(server, guard=guard, tokens=tokens), **options
    ) as (server, app):
        host, port = taken.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        out.print(f"Chat page:  http://{shown}:{port}/", markup=False)
        out.print(f"Answers:    {server.model_name}", markup=False)
        out.print(f"Open to:    {_open_to(tokens, guard)}", markup=False)
        out.print("Ctrl-C stops every answer and keeps what arrived.", markup=False)
        await serve_app(
            app,
            taken,
            app.state.shutdown.begin,
            reload=_reload_of(tokens),
            connections=CONNECTIONS,
        )


def _observers(log: Log) -> list[Any]:
    if log is Log.plain:
        return []
    from ..streamlog import StreamLog
    from ..web.request_id import current

    return [StreamLog(fields={"request": current})]


def _open_to(tokens: Tokens | None, guard: Guard) -> str:
    if tokens:
        return f"whoever brings a token ({tokens})"
    return "this machine" if guard.hosts else "everybody who can reach it (see --token-file)"


def _reload_of(tokens: Tokens | None) -> Callable[[], None] | None:
    if tokens is None or not tokens.reloads:
        return None

    def reload() -> None:
        try:
            tokens.read_again()
        except ValueError as error:
            err.print(f"lesson-kit: {error} The tokens stay as they were.", markup=False)
        else:
            err.print(f"lesson-kit: read the token file again: {tokens}", markup=False)

    return reload


def _log_with_request_ids() -> None:
    """Write warnings to stderr with the id that the client got as X-Request-ID."""
    from ..web.request_id import NameRequests

    handler = logging.StreamHandler()
    handler.addFilter(NameRequests())
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s")
    )
    logging.getLogger().addHandler(handler)
