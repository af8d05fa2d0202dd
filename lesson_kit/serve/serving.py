"""A uvicorn that stops the turns on the signal itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from .deadline import DeadlineProtocol

__all__ = ["configure", "serve"]

# Seconds that open streams get after SIGTERM. They need milliseconds, because every turn is stopped at once; a
# client that no longer reads must not hold the process longer than that.
GRACE = 5
# Bytes of a request's head that may be incomplete. h11's own default, written down because it is a limit of ours.
HEAD_LIMIT = 2**14


class StreamingUvicorn(uvicorn.Server):
    """Stops the turns on the signal itself.

    Plain uvicorn first waits for open streams to end by themselves. That is minutes, or with a time limit, a cancel
    in the middle of the last save (ledger, recipe i, "Deploys").
    """

    def __init__(
        self,
        config: uvicorn.Config,
        stop_turns: Callable[[], None],
        reload: Callable[[], None] | None,
    ) -> None:
        super().__init__(config)
        self._stop_turns = stop_turns
        self._reload = reload
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        with self._hangup_heard(self._loop):
            await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop:  # a signal handler may run in the middle of anything: only hand over
            self._loop.call_soon_threadsafe(self._stop_turns)

    @contextlib.contextmanager
    def _hangup_heard(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """SIGHUP reloads, where there is something to reload; else it ends the server as SIGTERM does.

        Left alone, it would kill the process in the middle of a save: it comes when the terminal is closed. Whoever
        started us so that we outlive the terminal (nohup) has it ignored, and so it stays.
        """
        hangup = getattr(signal, "SIGHUP", None)  # Windows has none
        ignored = hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN
        if hangup is None or (ignored and not self._reload):
            yield
            return
        loop.add_signal_handler(
            hangup, self._reload or (lambda: self.handle_exit(signal.SIGTERM, None))
        )
        try:
            yield
        finally:
            loop.remove_signal_handler(hangup)


async def serve(
    app: Starlette,
    taken: socket.socket,
    stop_turns: Callable[[], None],
    *,
    reload: Callable[[], None] | None = None,
    connections: int | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; return when every open stream has ended.

    `stop_turns` is called on the loop as soon as the signal comes, `reload` on SIGHUP. With more than `connections`
    open, a further request gets 503.
    """
    config = configure(app, connections=connections)
    with _signals_end_quietly():
        await StreamingUvicorn(config, stop_turns, reload).serve([taken])


def configure(app: Starlette, *, connections: int | None = None) -> uvicorn.Config:
    """Give uvicorn's settings: quiet, and with a limit for each part of a request."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,  # which program, and so which of its holes, is nobody's business
        http=DeadlineProtocol,
        h11_max_incomplete_event_size=HEAD_LIMIT,
        ws="none",  # the protocol has none; whatever is not parsed cannot be attacked
        limit_concurrency=connections,
        timeout_graceful_shutdown=GRACE,
    )


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
