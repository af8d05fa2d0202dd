"""The server behind a real socket: uvicorn, told to keep every partial answer when it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

# Seconds that open streams get after SIGTERM. They need milliseconds, because every turn is stopped at once; a
# client that no longer reads must not hold the process longer than that.
GRACE = 5


class AddressTaken(OSError):
    """Another program already listens there."""


class StreamingUvicorn(uvicorn.Server):
    """Stops the turns on the signal itself.

    Plain uvicorn first waits for open streams to end by themselves. That is minutes, or with a time limit, a cancel
    in the middle of the last save (ledger, recipe i, "Deploys").
    """

    def __init__(self, config: uvicorn.Config, stop_turns: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop_turns = stop_turns
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop:  # a signal handler may run in the middle of anything: only hand over
            self._loop.call_soon_threadsafe(self._stop_turns)


def listen(host: str, port: int) -> socket.socket:
    """Take an address, before anything is announced. Port 0 takes a free one. Raises `AddressTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    # Without this a restart within a minute finds its own old connections in the way.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise AddressTaken(
            f"cannot listen on {host}, port {port}: {error.strerror}. "
            "Stop the program that uses it, or choose another port; --port 0 takes a free one."
        ) from None
    taken.listen(128)
    return taken


async def serve(app: Starlette, taken: socket.socket, stop_turns: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; return when every open stream has ended.

    `stop_turns` is called on the loop as soon as the signal comes.
    """
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE)
    with _signals_end_quietly():
        await StreamingUvicorn(config, stop_turns).serve([taken])


@contextlib.contextmanager
def _signals_end_quietly() -> Iterator[None]:
    # After its clean-up uvicorn raises the signal again, for whoever handled it before. That would be a
    # traceback for Ctrl-C, and death by signal for SIGTERM, although everything went well.
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
