"""Raw bytes that are no HTTP, or half of it, against the real uvicorn: the server lives and answers the next one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator

import httpx2
import pytest

from lesson_kit.serve import configure, deadline
from lesson_kit.web import Guard, create_app
from tests.asking import create
from tests.live.hosts import on_uvicorn
from tests.talker import Talker

pytestmark = pytest.mark.live

PATIENCE = 60.0  # seconds; only a server that hangs needs them
BODY = b'{"type": "threads.list", "params": {}}'
HEAD = (
    b"POST /chatkit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
)
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# What must be answered with a status of 4xx, or with none because the connection is closed.
BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header of 100 kB": HEAD + b"A: " + b"x" * 100_000 + b"\r\n\r\n",
    "a header of 1 MB": b"POST /chatkit HTTP/1.1\r\nHost: x\r\nA: "
    + b"x" * 1_000_000
    + b"\r\n\r\n",
    "headers by the thousand": HEAD + b"A: x\r\n" * 10_000 + b"\r\n",
    "a request line of 100 kB": HEAD.replace(b"chatkit", b"x" * 100_000) + b"\r\n",
    "a chunk size that is none": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n",
    "a chunk size of 64 bits": CHUNKED + b"FFFFFFFFFFFFFFFFFFFFFFFFFF\r\n{}",
    "a chunk longer than it says": CHUNKED + b"2\r\n{}{}{}\r\n0\r\n\r\n",
    "a body without a length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length in letters": HEAD + b"Content-Length: ten\r\n\r\n" + BODY,
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
    "length and chunks": CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
    "a websocket": HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
}
# What is waited for, until the sender leaves.
HALF = [GOOD[:1], GOOD[:20], HEAD[:-3], GOOD[:-1], CHUNKED, CHUNKED + b"5", CHUNKED + b"5\r\n12"]


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """Serve with the settings of `lesson-kit serve`; yield the port."""
    app = create_app(Talker(gap=0.01), guard=Guard(body_limit=100_000))
    async with on_uvicorn(app, configure(app)) as address, asyncio.timeout(PATIENCE):
        yield int(address.rpartition(":")[2])


async def send(port: int, data: bytes, stay: asyncio.Event | None = None) -> bytes:
    """Send, and read until the server closes; or say nothing more until `stay` is set, and leave."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if stay:
            await stay.wait()
            return b""
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def check_alive(port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as http:
        response = await http.post("/chatkit", json=create())
        assert response.status_code == 200
        assert "delta9" in response.text


def quiet(caplog: pytest.LogCaptureFixture) -> bool:
    return [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_what_is_no_request_is_refused_or_hung_up_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as port:
        assert (await send(port, GOOD)).startswith(b"HTTP/1.1 200 ")
        for name, data in BROKEN.items():
            answer = await send(port, data)
            assert not answer or answer.startswith(b"HTTP/1.1 4"), (name, answer[:200])
        await check_alive(port)
    assert quiet(caplog)


async def test_half_requests_leave_room_for_whole_ones_and_go_when_their_senders_leave(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as port:
        stay = asyncio.Event()
        halves = [asyncio.create_task(send(port, half, stay)) for half in HALF * 10]
        await check_alive(port)
        stay.set()
        await asyncio.gather(*halves)
        await check_alive(port)
    assert quiet(caplog)


async def test_bytes_at_random_places_of_a_request_never_make_a_5xx(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice = random.Random(7)

    def broken() -> bytes:
        data = bytearray(dice.choice([GOOD, CHUNKED + b"26\r\n" + BODY + b"\r\n0\r\n\r\n"]))
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        return bytes(data)

    async with serving() as port:
        for _ in range(10):
            some = [broken() for _ in range(20)]
            # Some wait for bytes that never come; so half a second later all of them leave.
            answers = await asyncio.gather(*(_answer_or_leave(port, data) for data in some))
            assert [a for a in answers if a.startswith(b"HTTP/1.1 5")] == []
        await check_alive(port)
    assert quiet(caplog)


async def _answer_or_leave(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    try:
        async with asyncio.timeout(0.5):
            return await reader.read()
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_who_never_ends_a_request_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Slow loris: it opens many connections, and ends a request on none."""
    monkeypatch.setattr(deadline, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(deadline, "BODY_SECONDS", 0.2)
    async with serving() as port:
        # They return because the server hangs up; nothing else would end them.
        answers = await asyncio.gather(*(send(port, half) for half in HALF * 10))
        assert set(answers) == {b""}
        monkeypatch.undo()
        await check_alive(port)
    assert quiet(caplog)
