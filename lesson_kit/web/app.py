"""The ASGI app round a ChatKit server.

POST /chatkit     the protocol: server-sent events for what streams, JSON for the rest
GET  /healthz     {"status": "ok"}; 503 while shutting down; open to all
GET  /metrics     the server's meter as Prometheus text; behind the token, where one is asked for
GET  /            a plain page with our own front end, which asks for the token; its parts under /page/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatkit.errors import ErrorCode
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent, is_streaming_req
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .cors import Cors
from .delivery import EventStream
from .gate import Gate
from .guard import Guard
from .preconditions import check
from .refusal import HANDLERS, Refusal
from .requests import discard, parse, read_body
from .sealed import PAGE_POLICY, Sealed
from .shutdown import Shutdown
from .tokens import Tokens

__all__ = ["RequestContext", "create_app"]

PAGE = Path(__file__).parent.parent / "page"
# Named here, as `mimetypes` asks the machine, and some Windows registries call .js text/plain: no module loads then.
CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
PAGE_HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": PAGE_POLICY}


@dataclass(frozen=True)
class RequestContext:
    """What the server and its store learn about a request.

    `client` is the sender's "host:port", or "unknown" where the ASGI server does not tell. `user` is whom the token
    names, or "" where none is asked for.
    """

    client: str = "unknown"
    user: str = ""

    @classmethod
    def of(cls, request: Request) -> RequestContext:
        asker = request.client
        client = f"{asker.host}:{asker.port}" if asker else "unknown"
        return cls(client, getattr(request.state, "user", ""))


def create_app(
    server: ChatKitServer[Any],
    *,
    context: Callable[[Request], Any] = RequestContext.of,
    guard: Guard | None = None,
    tokens: Tokens | None = None,
) -> Starlette:
    """Make the app for any ChatKit server.

    `context(request)` makes what `server.process` gets as its context; `request.state.user` is whom the token names.
    `guard` holds the limits, by default those that stand in nobody's way (see `guard.py`). With `tokens`, whoever
    brings none of them gets 401. A bad request is answered with 4xx and a reason (see `refusal.py`), before anything
    streams; an error that nobody expected with a 500 and the request's id, and its traceback only goes to the log.

    The app's lifespan shuts the server down (see `shutdown.py`). Whoever hears of a shutdown earlier than that, by a
    signal, calls `app.state.shutdown.begin()`.

    Raises `ValueError` for a limit on threads with a store that cannot count them.
    """
    shutdown = Shutdown(server)
    gate = Gate(server, guard or Guard(), tokens)
    endpoints = _Endpoints(server, shutdown, context, gate)
    origins = gate.guard.origins
    app = Starlette(
        routes=[
            Route("/chatkit", endpoints.chatkit, methods=["POST"]),
            Route("/healthz", endpoints.healthz),
            Route("/metrics", endpoints.metrics),
            Route("/", endpoints.page),
            Route("/page/{name}", endpoints.page),
        ],
        middleware=[Middleware(Cors, origins)] * bool(origins) + [Middleware(Sealed)],
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
        gate: Gate,
    ) -> None:
        self._server = server
        self._shutdown = shutdown
        self._context = context
        self._gate = gate
        # Only what lies there now and has a known type: a name from outside never becomes a path.
        self._files = {p.name: p for p in PAGE.glob("*.*") if p.suffix in CONTENT_TYPES}

    async def chatkit(self, request: Request) -> Response:
        if self._shutdown.begun:
            raise _shutting_down()
        try:
            body = await self._admitted(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        parsed = parse(body)
        context = self._context(request)
        await check(self._server, parsed, context)
        slot = None
        if is_streaming_req(parsed):
            slot = await self._gate.take_slot(request, parsed, context)
        try:
            result = await self._process(body, context)
            if isinstance(result, StreamingResult):
                # Not `aiter(result)`: that is one more generator, which nobody closes (chatkit/server.py).
                events = slot.over(result.json_events) if slot else result.json_events
                slot = None  # the stream gives it back
                return EventStream(
                    events,
                    last_words=_last_words,
                    unread_seconds=self._gate.guard.unread_seconds,
                )
            return Response(result.json, media_type="application/json")
        finally:
            if slot:
                slot.release()

    async def _admitted(self, request: Request) -> bytes:
        try:
            self._gate.admit(request)
        except Refusal:
            await discard(request)
            raise
        return await read_body(request, self._gate.guard)

    async def _process(self, body: bytes, context: Any) -> StreamingResult | NonStreamingResult:
        try:
            return await self._server.process(body, context)
        except NotFoundError as error:  # deleted since the check, or a page's `after`
            raise _not_found(str(error)) from None

    async def healthz(self, request: Request) -> Response:
        if self._shutdown.begun:
            return JSONResponse({"status": "shutting down"}, 503)
        model = getattr(self._server, "model_name", None)  # the page says which model speaks
        about = {"status": "ok"} | ({"model": model} if model else {})
        if self._gate.tokens:
            # So that the page asks for a token before it asks anything else.
            about["auth"] = "bearer"
        return JSONResponse(about)

    async def metrics(self, request: Request) -> Response:
        self._gate.admit(request)
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
        self._gate.check_call(request)
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
