"""Where a dashboard reads: the meter of a server in this process, or the /metrics page of another."""

from __future__ import annotations

import asyncio
from typing import Protocol

import httpx2
from prometheus_client import CollectorRegistry

from ..scrape import Scrape

__all__ = ["Here", "There", "Unreadable", "source_of"]

PATIENCE = 5.0  # seconds for one scrape


class Unreadable(Exception):
    """The metrics cannot be read now; the message is for the reader of the dashboard."""


class Source(Protocol):
    """Gives a scrape of this moment. Raises `Unreadable`."""

    async def scrape(self) -> Scrape: ...
    def at_once(self) -> Scrape | None: ...
    async def close(self) -> None: ...


class Here:
    """A registry of this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def scrape(self) -> Scrape:
        return self.at_once()

    def at_once(self) -> Scrape:
        """Give a scrape without any wait."""
        return Scrape.of_registry(self._registry, asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Do nothing: there is nothing open."""


class There:
    """A /metrics page. The connection is opened at the first scrape."""

    def __init__(
        self,
        url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        token: str | None = None,
    ) -> None:
        address = httpx2.URL(url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError(
                f"expected the address of a metrics page, such as http://127.0.0.1:8000/metrics, but got {url!r}."
            )
        self._url = address
        # What stands in front of an @ or behind a ? may be a secret: it is not shown.
        port = f":{address.port}" if address.port else ""
        self.name = f"{address.scheme}://{address.host}{port}{address.path}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._transport = transport
        self._http: httpx2.AsyncClient | None = None

    async def scrape(self) -> Scrape:
        if self._http is None:
            # trust_env: a proxy of the environment has no business with a server on this machine.
            self._http = httpx2.AsyncClient(
                transport=self._transport, timeout=PATIENCE, trust_env=False
            )
        try:
            answer = await self._http.get(self._url, headers=self._headers)
        except httpx2.HTTPError as error:
            raise self._unreadable(type(error).__name__) from error
        if answer.status_code in (401, 403):
            raise Unreadable(
                f"{self.name} asks for a token, and {'another one than this' if self._headers else 'none came'}. "
                'Give it: Dashboard("http://...", token="...").'
            )
        if answer.status_code != 200:
            raise self._unreadable(f"status {answer.status_code}")
        try:
            return Scrape.of_text(answer.text, asyncio.get_running_loop().time())
        except ValueError as error:
            raise self._unreadable("it is no metrics page") from error

    def at_once(self) -> None:
        """Give none: a page takes time to come."""

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()
            self._http = None

    def _unreadable(self, why: str) -> Unreadable:
        return Unreadable(
            f"Cannot read {self.name}: {why}. Is the server running? It is tried again and again."
        )


def source_of(server: object, token: str | None = None) -> Source:
    """Find out where to read. Raises `TypeError` for what has no metrics, `ValueError` for what is no address."""
    if isinstance(server, str):
        return There(server, token=token)
    registry = getattr(getattr(server, "meter", server), "registry", None)
    if not isinstance(registry, CollectorRegistry):
        raise TypeError(
            "Dashboard() expected a server with a meter, a Meter, or the address of a metrics page, but got "
            f"{type(server).__name__}. LessonServer() has a meter."
        )
    return Here(registry)
