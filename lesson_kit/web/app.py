"""The ASGI app round a ChatKit server.

POST /chatkit     the protocol: server-sent events for what streams, JSON for the rest
GET  /healthz     {"status": "ok"}; 503 while shutting down
GET  /metrics     the server's meter as Prometheus text
GET  /            a plain page with our own front end; its parts under /page/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatkit.errors import ErrorCode
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .delivery import EventStream
from .preconditions import check
from .refusal import HANDLERS, Refusal
from .requests import parse, read_body
from .shutdown import Shutdown

__all__ = ["RequestContext", "create_app"]

PAGE = Path(__file__).parent.parent / "page"
# Named here, as `mimetypes` asks the machine, and some Windows registries call .js text/plain: no module loads then.
CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
PAGE_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class RequestContext:
    """What the server and its store learn about a request.

    `client` is the sender's "host:port", or "unknown" where the ASGI server does not tell.
    """

    client: str = "unknown"

    @classmethod
    def of(cls, request: Request) -> RequestContext:
        return cls(f"{request.client.host}:{request.client.port}" if request.client else "unknown")


def create_app(
    server: ChatKitServer[Any],
    *,
    context: Callable[[Request], Any] = RequestContext.of,
    body_limit: int = 2**20,
) -> Starlette:
    """Make the app for any ChatKit server.

    `context(request)` makes what `server.process` gets as its context. `body_limit` is in bytes. A bad request is
    answered with 4xx and a reason (see `refusal.py`), before anything streams.

    The app's lifespan shuts the server down (see `shutdown.py`). Whoever hears of a shutdown earlier than that, by a
    signal, calls `app.state.shutdown.begin()`.
    """
    shutdown = Shutdown(server)
    endpoints = _Endpoints(server, shutdown, context, body_limit)
    app = Starlette(
        routes=[
            Route("/chatkit", endpoints.chatkit, methods=["POST"]),
            Route("/healthz", endpoints.healthz),
            Route("/metrics", endpoints.metrics),
            Route("/", endpoints.page),
            Route("/page/{name}", endpoints.page),
        ],
        exception_handlers=HANDLERS,
        lifespan=shutdown.lifespan,
    )
    # Most clients do not follow a redirected POST; a 404 says more.
    app.router.redirect_slashes = False
    app.state.shutdown = shutdown
    return app


class _Endpoints:
    def __init__(
        self,
        server: ChatKitServer[Any],
        shutdown: Shutdown,
        context: Callable[[Request], Any],
        body_limit: int,
    ) -> None:
        self._server = server
        self._shutdown = shutdown
        self._context = context
        self._body_limit = body_limit
        # Only what lies there now and has a known type: a name from outside never becomes a path.
        self._files = {p.name: p for p in PAGE.glob("*.*") if p.suffix in CONTENT_TYPES}

    async def chatkit(self, request: Request) -> Response:
        if self._shutdown.begun:
            raise _shutting_down()
        try:
            body = await read_body(request, self._body_limit)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        parsed = parse(body)
        context = self._context(request)
        await check(self._server, parsed, context)
        try:
            result = await self._server.process(body, context)
        except NotFoundError as error:  # deleted since the check, or a page's `after`
            raise _not_found(str(error)) from None
        if isinstance(result, StreamingResult):
            # Not `aiter(result)`: that is one more generator, which nobody closes (chatkit/server.py).
            return EventStream(result.json_events, last_words=_last_words)
        return Response(result.json, media_type="application/json")

    async def healthz(self, request: Request) -> Response:
        if self._shutdown.begun:
            return JSONResponse({"status": "shutting down"}, 503)
        model = getattr(self._server, "model_name", None)  # the page says which model speaks
        return JSONResponse({"status": "ok"} | ({"model": model} if model else {}))

    async def metrics(self, request: Request) -> Response:
        registry = getattr(getattr(self._server, "meter", None), "registry", None)
        if not isinstance(registry, CollectorRegistry):
            raise Refusal(
                404,
                "this server measures nothing",
                expected="a server with a meter",
                next_step="Give it one: LessonServer(meter=Meter()).",
            )
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def page(self, request: Request) -> Response:
        file = self._files.get(request.path_params.get("name", "index.html"))
        if file is None:
            raise HTTPException(404)
        return Response(file.read_bytes(), 200, PAGE_HEADERS, CONTENT_TYPES[file.suffix])


def _last_words(error: Exception) -> bytes:
    # ChatKit has logged the error already (chatkit/server.py, _process_streaming) and would now cut the body.
    gone = isinstance(error, NotFoundError)
    event = ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=not gone)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def _not_found(reason: str) -> Refusal:
    return Refusal(
        404,
        reason or "the store does not know one of the ids in this request",
        expected="ids of things that this server stored and did not delete",
        next_step="List the threads and their items again.",
    )


def _shutting_down() -> Refusal:
    return Refusal(
        503,
        "the server is shutting down",
        expected="a request to a running server",
        next_step="Try again in a few seconds.",
        headers={"Retry-After": "5"},
    )
