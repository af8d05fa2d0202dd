"""A connection whose requests take too long is closed: uvicorn's own protocol on a transport of ours, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from lesson_kit import clock
from lesson_kit.serve.deadline import (
    BODY_SECONDS,
    HEAD_SECONDS,
    UNREAD_SECONDS,
    DeadlineProtocol,
)
from tests.conversation import other_tasks

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
ROOM = 500  # bytes that a wire holds before the server waits
WHOLE = HEAD + b"0123456789"


class Wire(asyncio.Transport):
    """A socket's near end, which notes when it was closed, and how.

    With `reads`, its far end takes so many bytes a second of what is written; else all at once.
    """

    def __init__(self, protocol: asyncio.Protocol, reads: float | None) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.protocol = protocol
        self.reads = reads
        self.written = b""
        self.taken = 0.0
        self.full = False
        self.closing = False
        self.closed: tuple[str, float] | None = None
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.written += bytes(data)
        if not self.full and self.get_write_buffer_size() > ROOM:
            self.full = True
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return 0 if self.reads is None else len(self.written) - int(self.taken)

    def take(self) -> None:
        """Let a second pass for the far end."""
        self.taken = min(self.taken + (self.reads or 0.0), len(self.written))
        if self.full and self.get_write_buffer_size() < ROOM / 2:
            self.full = False
            self.protocol.resume_writing()
        if self.closing and not self.get_write_buffer_size():
            self._lose("close")

    def close(self) -> None:
        self.closing = True
        if not self.get_write_buffer_size():
            self._lose("close")

    def abort(self) -> None:
        self.closing = True
        self._lose("abort")

    def _lose(self, how: str) -> None:
        if not self.closed:
            loop = asyncio.get_running_loop()
            self.closed = (how, loop.time())
            loop.call_soon(self.protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, then streams for two minutes; refuses without reading at /no."""
    streams = scope["path"] != "/no"
    more = streams
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(12 if streams else 0):
        await asyncio.sleep(10)
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def on_a_wire(act: Callable[[Wire], Awaitable[None]], reads: float | None = None) -> Wire:
    async def main() -> Wire:
        config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none")
        wire = Wire(DeadlineProtocol(config, ServerState(), {}), reads)
        await act(wire)
        wire.abort()
        await asyncio.sleep(1)
        assert other_tasks() == set()
        return wire

    return clock.run(main())


async def trickle(wire: Wire, data: bytes, gap: float) -> None:
    for byte in data:
        if wire.closed:
            return
        wire.protocol.data_received(bytes([byte]))
        await asyncio.sleep(gap)


@pytest.mark.parametrize("gap", [1.0, 14.0, 100.0])
def test_a_head_that_trickles_in_has_its_time_and_no_more(gap: float) -> None:
    wire = on_a_wire(lambda wire: trickle(wire, HEAD, gap))
    assert wire.closed == ("close", HEAD_SECONDS)
    assert wire.written == b""


def test_a_connection_that_never_says_a_word_is_closed() -> None:
    wire = on_a_wire(lambda wire: asyncio.sleep(100))
    assert wire.closed == ("close", HEAD_SECONDS)


def test_a_body_that_trickles_in_has_its_time_and_no_more() -> None:
    async def act(wire: Wire) -> None:
        await asyncio.sleep(5)
        wire.protocol.data_received(HEAD)
        await trickle(wire, b"0123456789", 9.0)

    assert on_a_wire(act).closed == ("close", 5 + BODY_SECONDS)


def test_what_is_refused_without_reading_cannot_trickle_in_for_ever_either() -> None:
    async def act(wire: Wire) -> None:
        wire.protocol.data_received(b"POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n")
        await trickle(wire, b"x" * 999, 4.0)  # each byte stops uvicorn's own timer

    wire = on_a_wire(act)
    assert wire.written.startswith(b"HTTP/1.1 200")
    assert wire.closed == ("close", BODY_SECONDS)


def test_an_answer_may_stream_for_minutes_and_the_connection_be_used_again() -> None:
    async def act(wire: Wire) -> None:
        for _ in range(2):
            before = len(wire.written)
            wire.protocol.data_received(WHOLE)
            await asyncio.sleep(121)
            assert wire.closed is None
            assert wire.written[before:].count(b"\r\nx\r\n") == 12
        await asyncio.sleep(30)
        assert wire.closed
        how, when = wire.closed
        assert (how, when < 250) == ("close", True)  # uvicorn's own keep-alive limit

    on_a_wire(act)


def test_two_requests_sent_at_once_are_both_answered() -> None:
    async def act(wire: Wire) -> None:
        wire.protocol.data_received(WHOLE + WHOLE)
        await asyncio.sleep(245)
        assert wire.written.count(b"HTTP/1.1 200") == 2

    on_a_wire(act)


@pytest.mark.parametrize("when", ["at once", "in the answer"])
def test_nonsense_closes_the_connection_and_breaks_nothing(when: str) -> None:
    async def act(wire: Wire) -> None:
        if when == "in the answer":
            wire.protocol.data_received(
                b"POST /no HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            await asyncio.sleep(1)
            assert wire.written.startswith(b"HTTP/1.1 200")
        wire.protocol.data_received(b"this is no HTTP\r\n\r\n")
        await asyncio.sleep(0.1)
        assert wire.closed
        assert wire.closed[0] == "close"

    on_a_wire(act)


ASKS = b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n"
ASKS_ONCE = ASKS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("asks", [ASKS, ASKS_ONCE, ASKS * 20, WHOLE * 20])
def test_whoever_asks_and_reads_nothing_holds_a_connection_for_minutes_and_not_for_ever(
    asks: bytes,
) -> None:
    async def act(wire: Wire) -> None:
        wire.protocol.data_received(asks)
        await asyncio.sleep(5000)

    wire = on_a_wire(act, reads=0)
    assert wire.closed
    how, when = wire.closed
    assert how == "abort"
    assert when >= UNREAD_SECONDS
    if asks.startswith(ASKS):  # uvicorn's own keep-alive limit, and two looks
        assert when <= 5 + 2 * UNREAD_SECONDS


@pytest.mark.parametrize("asks", [ASKS, ASKS_ONCE, ASKS * 20, WHOLE * 20])
def test_a_slow_reader_may_read_all_answers_to_their_end(asks: bytes) -> None:
    async def act(wire: Wire) -> None:
        wire.protocol.data_received(asks)
        while not wire.closed:
            await asyncio.sleep(1)
            wire.take()

    wire = on_a_wire(act, reads=0.2)  # some hundred seconds for each answer
    assert wire.closed
    assert wire.closed[0] == "close"
    assert wire.taken == len(wire.written)
    assert wire.written.count(b"HTTP/1.1 200") == asks.count(b"HTTP/1.1")
