"""A client of the ChatKit protocol, the same in process and over HTTP."""

from __future__ import annotations

import ipaddress
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx2
from chatkit.types import Page, Thread, ThreadItem
from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp

from ..link import Link
from .chat_error import ChatError, of_response, of_transport
from .stream import Stream

__all__ = ["ChatClient", "ChatError", "Stream"]

T = TypeVar("T")

# Seconds. A model may think for a minute or more, so nothing limits the silence in a stream; the server has limits.
STREAMING = httpx2.Timeout(None, connect=10.0, write=30.0)
ASKING = httpx2.Timeout(30.0, connect=10.0)

_thread = TypeAdapter[Thread](Thread)
_threads = TypeAdapter[Page[Thread]](Page[Thread])
_items = TypeAdapter[Page[ThreadItem]](Page[ThreadItem])


class ChatClient:
    """Speaks to a ChatKit server at `path` of an httpx2 client.

    `ChatClient.over(app)` and `ChatClient.at(url)` make that client and close it at the end of their `async with`; a
    client that you bring along stays yours to close.

    All methods raise `ChatError` when the server refuses or cannot be reached.
    """

    def __init__(self, http: httpx2.AsyncClient, *, path: str = "/chatkit") -> None:
        self._http = http
        self._path = path
        self._owned = False

    @classmethod
    def over(cls, app: ASGIApp, **link_options: Any) -> Self:
        """Speak to an ASGI app in this process; the options are those of `Link`."""
        http = httpx2.AsyncClient(
            transport=Link(app, **link_options), base_url="http://localhost", trust_env=False
        )
        return cls._owning(http)

    @classmethod
    def at(cls, url: str, *, token: str | None = None) -> Self:
        """Speak to the server at an address such as http://127.0.0.1:8000.

        `token` is sent with each request, as `Authorization: Bearer <token>`.
        """
        try:
            address = httpx2.URL(url)
        except httpx2.InvalidURL:
            address = httpx2.URL("")
        if address.scheme not in ("http", "https") or not address.host:
            raise ChatError(
                None, f"Expected an address such as http://127.0.0.1:8000, but got {url!r}."
            )
        http = httpx2.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            limits=httpx2.Limits(max_connections=None),  # each open stream holds one
            # A proxy from the environment cannot reach this machine's own loopback.
            trust_env=not _is_loopback(address.host),
        )
        return cls._owning(http)

    @classmethod
    def _owning(cls, http: httpx2.AsyncClient) -> Self:
        client = cls(http)
        client._owned = True
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._owned:
            await self._http.aclose()

    def send(self, text: str, thread_id: str | None = None) -> Stream:
        """Send a message and stream the answer; without a thread, the server makes one."""
        message = {
            "content": [{"type": "input_text", "text": text}],
            "attachments": [],
            "inference_options": {},
        }
        if thread_id is None:
            return self.stream("threads.create", {"input": message})
        return self.stream("threads.add_user_message", {"input": message, "thread_id": thread_id})

    def retry(self, thread_id: str, item_id: str) -> Stream:
        """Answer the user message `item_id` anew; the server deletes all that came after it."""
        return self.stream("threads.retry_after_item", {"thread_id": thread_id, "item_id": item_id})

    def stream(self, operation: str, params: dict[str, Any]) -> Stream:
        """Make any streaming request of the protocol. Nothing is sent before the stream is opened."""
        request = self._build(operation, params, STREAMING, "text/event-stream")
        return Stream(self._http, request, params.get("thread_id"))

    async def thread(self, thread_id: str) -> Thread:
        """Load a thread with its first 20 items, oldest first (chatkit/server.py, _load_full_thread)."""
        return await self._load(_thread, "threads.get_by_id", {"thread_id": thread_id})

    async def threads(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        order: Literal["asc", "desc"] = "desc",
    ) -> Page[Thread]:
        """Load a page of threads; `after` is the one of the page before."""
        params = {"limit": limit, "after": after, "order": order}
        return await self._load(_threads, "threads.list", params)

    async def items(
        self,
        thread_id: str,
        *,
        limit: int | None = None,
        after: str | None = None,
        order: Literal["asc", "desc"] = "desc",
    ) -> Page[ThreadItem]:
        """Load a page of a thread's items; `after` is the one of the page before."""
        params = {"thread_id": thread_id, "limit": limit, "after": after, "order": order}
        return await self._load(_items, "items.list", params)

    async def call(self, operation: str, params: dict[str, Any]) -> bytes:
        """Make any request of the protocol that does not stream; return the answer's JSON text."""
        request = self._build(operation, params, ASKING, "application/json")
        try:
            response = await self._http.send(request)
        except httpx2.RequestError as error:
            raise of_transport(error) from None
        if response.status_code != 200:
            raise of_response(response, response.content)
        return response.content

    async def _load(self, kind: TypeAdapter[T], operation: str, params: dict[str, Any]) -> T:
        answer = await self.call(operation, params)
        try:
            return kind.validate_json(answer)
        except ValidationError as error:
            raise ChatError(
                200,
                f"The answer to {operation} is not what this SDK knows: {error.errors()[0]['msg']}. "
                "Is it a ChatKit server, and of the same version?",
            ) from None

    def _build(
        self, operation: str, params: dict[str, Any], timeout: httpx2.Timeout, accept: str
    ) -> httpx2.Request:
        return self._http.build_request(
            "POST",
            self._path,
            json={"type": operation, "params": params},
            headers={"Accept": accept},
            timeout=timeout,
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
