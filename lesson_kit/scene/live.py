"""The answer's server behind real HTTP: uvicorn and httpx2 over a pair of sockets, for a child whose network is cut off.

Every byte of HTTP is real, and so is a closed connection. Only `connect` and `accept` are left out: inside its walls the
child may open no other socket than such a pair. And as both ends are in one loop, nothing is ever under way that this loop
cannot see: so the clock may jump, and a scene over HTTP comes out the same on every run, in no real time.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import httpcore2
import httpx2
import uvicorn
from uvicorn.server import ServerState

from ..client import ChatClient
from ..client.client import STREAMING
from ..client.stream import Stream
from ..clock.loop import VirtualLoop

__all__ = ["PairedLoop", "Served", "Wired", "serving"]

GRACE = 1.0
"""Seconds that the server's connections may take to end."""


class PairedLoop(VirtualLoop):
    """A loop in virtual time whose sockets all come in pairs, both ends here.

    Elsewhere an open socket holds the virtual clock to real time, for a peer's answer may be under way. What is written
    to one end of a pair can be read from the other at once: when nothing can be read, nothing is under way.
    """

    def __init__(self) -> None:
        super().__init__()
        self._paced._sockets = lambda: 0  # type: ignore[method-assign]


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[Callable[[float], Wired]]:
    """Serve an ASGI app; gives a function that makes clients of it, each reading with the given delay (seconds)."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()

    async def connect() -> socket.socket:
        ours, theirs = socket.socketpair()
        protocol = config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]
        await loop.connect_accepted_socket(lambda: protocol, theirs)
        return ours

    def client(read_delay: float) -> Wired:
        return Wired.through(_Wires(connect, read_delay))

    try:
        yield client
    finally:
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=GRACE)


class Served(Stream):
    """An answer as the kit's own client reads it, with a tape like that of `direct.Reading`."""

    @cached_property
    def tape(self) -> _Tape:
        return _Tape(self)


class _Tape:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def deltas(self) -> int:
        return self._stream.recording.deltas

    def text(self) -> str:
        return self._stream.recording.normalised().to_jsonl()


class Wired(ChatClient):
    """The kit's own client over wires in place of a network."""

    @classmethod
    def through(cls, wires: _Wires) -> Wired:
        # No certificates: reading them takes longer than the answer, and the child may not read everywhere.
        transport = httpx2.AsyncHTTPTransport(verify=False, trust_env=False)
        transport._pool = httpcore2.AsyncConnectionPool(network_backend=wires)
        http = httpx2.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False)
        return cls._owning(http)

    def stream(self, body: dict[str, Any], thread_id: str | None) -> Served:  # type: ignore[override]
        """Make a request, given whole as in `direct.Direct`."""
        request = self._build(body["type"], body["params"], STREAMING, "text/event-stream")
        return Served(self._http, request, thread_id)


class _Wires(httpcore2.AsyncNetworkBackend):
    """Where httpx2 would dial, it gets its end of a fresh pair."""

    def __init__(self, connect: Callable[[], Any], read_delay: float) -> None:
        self._connect, self._read_delay = connect, read_delay

    async def connect_tcp(self, *args: Any, **named: Any) -> httpcore2.AsyncNetworkStream:
        reader, writer = await asyncio.open_connection(sock=await self._connect())
        return _Wire(reader, writer, self._read_delay)


class _Wire(httpcore2.AsyncNetworkStream):
    """The client's end of one connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, read_delay: float
    ) -> None:
        self._reader, self._writer, self._read_delay = reader, writer, read_delay

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await asyncio.sleep(self._read_delay)
        async with asyncio.timeout(timeout):
            return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._writer.write(buffer)
        async with asyncio.timeout(timeout):
            await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.close()

    def get_extra_info(self, info: str) -> Any:
        return None
