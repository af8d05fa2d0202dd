"""`lesson-kit upstream`: a model's server on this machine, which fails to order."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from .say import give_up, out

if TYPE_CHECKING:
    from ..upstream import Upstream

FORMS = "503, 429+2, slow:10, stall:3, error:3, reset:3, malformed:3 or ok"


def upstream(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8123,
    say: Annotated[
        str | None, typer.Option(help="What the model always answers. Default: the offline tutor.")
    ] = None,
    thinking: Annotated[float, typer.Option(min=0, help="Seconds before its first word.")] = 1.0,
    gap: Annotated[float, typer.Option(min=0, help="Seconds between its words.")] = 0.05,
    trouble: Annotated[
        list[str] | None,
        typer.Option(help=f"What befalls a request, one for each, in order: {FORMS}."),
    ] = None,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Begin again with the first trouble after the last.")
    ] = False,
) -> None:
    """Play a model's server that speaks OpenAI's API, without a key or the network, and fail to order.

    In a trouble, 429+2 is a status with Retry-After: 2, slow:10 waits 10 s before the status line; stall, error, reset
    and malformed come after so many words. --thinking and --gap go with --say. Prints a line for each request.

    Examples:

      lesson-kit upstream --say "Hello there" --trouble 503 --trouble 429+2

      lesson-kit upstream --port 0 --trouble ok --trouble reset:3 --repeat

      OPENAI_BASE_URL=http://127.0.0.1:8123/v1 OPENAI_API_KEY=any-word LESSON_KIT_MODEL=openai/any lesson-kit ask "Hi"
    """
    from ..serve import AddressTaken, listen

    server = _upstream(say, {"thinking": thinking, "gap": gap}, trouble or [], repeat)
    try:
        with listen(host, port) as taken:
            asyncio.run(_serve(taken, server))
    except AddressTaken as error:
        give_up(str(error))


def _upstream(
    say: str | None, pace: dict[str, float], written: list[str], repeat: bool
) -> Upstream:
    from ..script import Script
    from ..tutor import tutor
    from ..upstream import Asked, Trouble, Upstream

    def tell(asked: Asked) -> None:
        out.print(str(asked), markup=False)

    try:
        troubles = [Trouble.parse(one) for one in written]
        script = tutor() if say is None else Script.say(say, **pace, then_repeat=True)
    except ValueError as error:
        give_up(str(error), code=2)
    return Upstream(script, troubles, repeat=repeat, record=False, on_end=tell)


async def _serve(taken: socket.socket, server: Upstream) -> None:
    from ..serve import serve

    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    out.print(f"OPENAI_BASE_URL=http://{shown}:{port}/v1", markup=False)
    out.print("OPENAI_API_KEY=any-word", markup=False)
    out.print("LESSON_KIT_MODEL=openai/any-name    (or openai-chat/any-name)", markup=False)
    out.print("Set these three where the client runs. Ctrl-C ends.", markup=False)
    # An answer that breaks off to order is no mistake here, and uvicorn would report each as one.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "without completing response" not in record.getMessage()
    )
    await serve(server.app, taken, server.hang_up)
