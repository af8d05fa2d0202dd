"""A connection whose requests take too long is closed: uvicorn's own protocol on a transport of ours, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from lesson_kit import clock
from lesson_kit.serve.deadline import BODY_SECONDS, HEAD_SECONDS, DeadlineProtocol
from tests.conversation import other_tasks

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
WHOLE = HEAD + b"0123456789"


class Wire(asyncio.Transport):
    """A socket's near end, which notes when it was closed, and how."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.protocol = protocol
        self.written = b""
        self.closed: tuple[str, float] | None = None
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self, how: str = "close") -> None:
        if not self.closed:
            loop = asyncio.get_running_loop()
            self.closed = (how, loop.time())
            loop.call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.close("abort")

    def is_closing(self) -> bool:
        return self.closed is not None

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


def on_a_wire(act: Callable[[Wire], Awaitable[None]]) -> Wire:
    async def main() -> Wire:
        config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none")
        wire = Wire(DeadlineProtocol(config, ServerState(), {}))
        await act(wire)
        wire.close("test")
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
    assert wire.closed == ("abort", HEAD_SECONDS)
    assert wire.written == b""


def test_a_connection_that_never_says_a_word_is_closed() -> None:
    wire = on_a_wire(lambda wire: asyncio.sleep(100))
    assert wire.closed == ("abort", HEAD_SECONDS)


def test_a_body_that_trickles_in_has_its_time_and_no_more() -> None:
    async def act(wire: Wire) -> None:
        await asyncio.sleep(5)
        wire.protocol.data_received(HEAD)
        await trickle(wire, b"0123456789", 9.0)

    assert on_a_wire(act).closed == ("abort", 5 + BODY_SECONDS)


def test_what_is_refused_without_reading_cannot_trickle_in_for_ever_either() -> None:
    async def act(wire: Wire) -> None:
        wire.protocol.data_received(b"POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n")
        await trickle(wire, b"x" * 999, 4.0)  # each byte stops uvicorn's own timer

    wire = on_a_wire(act)
    assert wire.written.startswith(b"HTTP/1.1 200")
    assert wire.closed == ("abort", BODY_SECONDS)


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
