"""A connection whose requests must arrive in time, and whose last answer must be read.

Uvicorn waits for ever for the rest of a request that has begun, and each byte that comes starts its one timer anew.
Somebody who opens a thousand connections and sends a byte a minute on each ("slow loris") would hold all that the
process may open. So would somebody who asks and reads nothing: a socket is closed only when its last byte is taken.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["BODY_SECONDS", "HEAD_SECONDS", "UNREAD_SECONDS", "DeadlineProtocol"]

# From the connection, or the end of the answer before, to the last byte of the head.
HEAD_SECONDS = 15.0
# From there to the last byte of the body. The app refuses a slow body itself and sooner, with a reason (web/guard.py).
# This is for what it refused without reading.
BODY_SECONDS = 60.0
# How long (up to twice that) what is written waits for somebody who takes no byte of it. The app leaves a stream that
# nobody reads sooner, and saves it (web/guard.py). This is for its connection, and for the answers that are no streams.
UNREAD_SECONDS = 60.0


class DeadlineProtocol(H11Protocol):
    """Uvicorn's own protocol, which hangs up on whoever sends or reads too slowly; on the loop's clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waits_for: object = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unsent = 0  # bytes, at the last look
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = 0  # some of it was read: the next look begins anew

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(None)
        if self._next_look:
            self._next_look.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        # Once an answer has begun there can be no second one; h11 would raise that out of data_received().
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _watch(self) -> None:
        state = self.conn.their_state
        self._wait_for(
            state
            if state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing()
            else None
        )

    def _wait_for(self, what: object) -> None:
        if what is self._waits_for:  # bytes that trickle in gain no time
            return
        self._waits_for = what
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        if what is not None:
            seconds = HEAD_SECONDS if what is h11.IDLE else BODY_SECONDS
            # Not abort(): what was answered before may still be on its way to a slow reader.
            self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _look(self) -> None:
        """Hang up if no byte was taken since the look before. Nothing is added to a full buffer, or once it is closed."""
        waits = self.transport.is_closing() or self.flow.write_paused
        unsent = self.transport.get_write_buffer_size() if waits else 0
        if 0 < unsent == self._unsent:
            self.transport.abort()
            return
        self._unsent = unsent
        self._next_look = self.loop.call_later(UNREAD_SECONDS, self._look)
