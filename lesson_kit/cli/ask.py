"""`lesson-kit ask`: one question, streamed into the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .bearer import HOW_TO_BRING, BearerError, bearer
from .say import err, give_up, out, printable

if TYPE_CHECKING:
    from rich.status import Status

    from ..client import Stream

EXIT_CODES = {"done": 0, "stopped": 130}


def ask(
    question: Annotated[str, typer.Argument(help="What to ask. In quotes.")],
    thread: Annotated[
        str | None, typer.Option(help="Go on with this conversation; the last line names it.")
    ] = None,
    db: Annotated[
        str, typer.Option(help="The file (or database URL) that keeps conversations.")
    ] = "lesson.sqlite",
    url: Annotated[
        str | None, typer.Option(help="Ask a running server, such as http://127.0.0.1:8000.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="Where that server's token stands; see above.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead, when the answer ends.")
    ] = False,
) -> None:
    """Ask one question and watch the answer stream. Ctrl-C stops it and keeps what arrived.

    A server may demand a token. It comes from --token-file (one line, 'token' or 'user:token') or the variable
    LESSON_KIT_TOKEN, never from the command line, which others on this machine can read. It is sent to --url only.

    Examples:

      lesson-kit ask "Why stream?"

      lesson-kit ask "Tell me more." --thread thr_1 --json

      lesson-kit ask "Why stream?" --url http://127.0.0.1:8000 --token-file mine.txt
    """
    if not question.strip():
        give_up('the question is empty. Try: lesson-kit ask "Why stream?"', code=2)
    if token_file and not url:
        give_up(
            "--token-file is for a running server. Name it: --url http://127.0.0.1:8000", code=2
        )
    try:
        token = bearer(token_file) if url else None
    except BearerError as error:
        give_up(str(error), code=2)
    asking = (question, thread, as_json)
    raise typer.Exit(asyncio.run(_ask_at(url, token, *asking) if url else _ask(db, *asking)))


async def _ask_at(
    url: str, token: str | None, question: str, thread: str | None, as_json: bool
) -> int:
    from ..client import ChatClient, ChatError

    try:
        async with ChatClient.at(url, token=token) as client:
            return await _stream(client.send(question, thread), as_json)
    except ChatError as error:
        give_up(f"{error} {HOW_TO_BRING}" if error.status == 401 else str(error))


async def _ask(db: str, question: str, thread: str | None, as_json: bool) -> int:
    from ..client import ChatClient, ChatError
    from .open import OpenError, open_server

    try:
        async with open_server(db) as (server, app):
            err.print(f"{server.model_name} answers:", style="dim", markup=False)
            with _log_on_its_own_lines():
                async with ChatClient.over(app) as client:
                    return await _stream(client.send(question, thread), as_json)
    except (ChatError, OpenError) as error:
        give_up(str(error))


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # A model's server may have put anything into its errors.
        err.print(f"\n{printable(self.format(record))}", style="dim", markup=False)


@contextlib.contextmanager
def _log_on_its_own_lines() -> Iterator[None]:
    """Show what the server in this process warns of, below the words that stand there already."""
    handler, logger = _Lines(logging.WARNING), logging.getLogger("lesson_kit")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


async def _stream(stream: Stream, as_json: bool) -> int:
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()

    def stop(*_: Any) -> None:
        # A signal handler may interrupt anything, so it only hands over to the loop.
        loop.call_soon_threadsafe(lambda: stopping.add(loop.create_task(stream.stop())))

    before = signal.signal(signal.SIGINT, stop)
    try:
        with err.status("Thinking...") as status:
            async with stream:
                async for event in stream:
                    _show(event, status, quiet=as_json)
        await asyncio.gather(*stopping)
    finally:
        signal.signal(signal.SIGINT, before)
    return _sum_up(stream, as_json)


def _show(event: Any, status: Status, *, quiet: bool) -> None:
    """Show one event as it comes: a delta as text, all else on the status line or on a line of its own."""
    match event.type if not isinstance(event, dict) else event.get("type"):
        case "progress_update":
            status.update(printable(event.text))
            status.start()
        case "thread.item.updated" if hasattr(event.update, "delta") and not quiet:
            status.stop()
            sys.stdout.write(printable(event.update.delta))
            sys.stdout.flush()
        case "error":
            status.stop()
            retry = " You may try again." if event.allow_retry and not event.message else ""
            told = event.message or "An error ended the answer."
            err.print(f"\n{printable(told)}{retry}", style="red", markup=False)
        case "notice":
            status.stop()
            err.print(f"\n{printable(event.message)}", style="yellow", markup=False)


def _sum_up(stream: Stream, as_json: bool) -> int:
    recording = stream.recording
    longest = max(recording.gaps, default=None)
    first = recording.first_token
    if as_json:
        figures = {
            "thread_id": stream.thread_id, "outcome": recording.outcome,
            "first_token": first, "deltas": recording.deltas, "longest_gap": longest,
            "text": recording.text_at(float("inf")),
        }  # fmt: skip
        out.print(json.dumps(figures), markup=False)
    else:
        parts = [
            "no first token" if first is None else f"first token {first:.2f} s",
            f"{recording.deltas} deltas",
            *([] if longest is None else [f"longest gap {longest:.2f} s"]),
            recording.outcome + (", kept what arrived" if recording.outcome == "stopped" else ""),
            f"thread {stream.thread_id}",
        ]
        out.print()
        err.print(" | ".join(parts), style="dim", markup=False)
    return EXIT_CODES.get(recording.outcome, 1)
