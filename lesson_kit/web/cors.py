"""CORS headers for the sites that the operator has named."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Cors"]

PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "600",
}
READABLE = "Retry-After, X-Request-ID"


class Cors:
    """Tells browsers that pages of `origins` may ask and read. Cookies stay out: a token is a header of its own.

    Plain ASGI: Starlette's BaseHTTPMiddleware reads the answer in a task of its own, and a reader's leaving does not
    reach the stream.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        allowed = origin in self._origins

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")  # or a cache may hand one site's answer to another
                if allowed:
                    answer["Access-Control-Allow-Origin"] = origin
                    answer["Access-Control-Expose-Headers"] = READABLE
            await send(message)

        asks_first = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        answering = Response(status_code=204, headers=PREFLIGHT) if allowed and asks_first else None
        await (answering or self._app)(scope, receive, send_with_cors)
