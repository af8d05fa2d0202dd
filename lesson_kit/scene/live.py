"""The answer's server behind real HTTP: uvicorn and httpx2 over a pair of sockets, for a child whose network is cut off.

Every byte of HTTP is real, and so is a closed connection. Only `connect` and `accept` are left out: inside its walls the
child may open no other socket than such a pair.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpcore2
import httpx2
import uvicorn
from uvicorn.server import ServerState

from ..client import ChatClient

__all__ = ["serving"]

GRACE = 1.0
"""Real seconds that the server's connections may take to end."""


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[Callable[[float], ChatClient]]:
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

    def client(read_delay: float) -> ChatClient:
        return _Client.through(_Wires(connect, read_delay))

    try:
        yield client
    finally:
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=GRACE)


class _Client(ChatClient):
    @classmethod
    def through(cls, wires: _Wires) -> ChatClient:
        # No certificates: reading them takes longer than the answer, and the child may not read everywhere.
        transport = httpx2.AsyncHTTPTransport(verify=False, trust_env=False)
        transport._pool = httpcore2.AsyncConnectionPool(network_backend=wires)
        http = httpx2.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False)
        return cls._owning(http)


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
