"""What every answer carries, and what an unexpected error may show: headers that close doors, and a request's name."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .refusal import Refusal
from .request_id import name_this_request

__all__ = ["PAGE_POLICY", "Sealed"]

logger = logging.getLogger(__name__)

# Only what this server itself sends may run, load or be asked, and no other site may show the page in a frame.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Unless the answer says something else itself.
DEFAULTS = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


class Sealed:
    """Adds the security headers and X-Request-ID to every answer; turns an unexpected error into a 500 with that id.

    The traceback goes to the log, under the same id, and nowhere else. Once an answer has begun it can only break
    off, so then the error is raised on, and the server cuts the connection. Plain ASGI, as `Cors` is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = name_this_request()
        begun = False

        async def send_sealed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = list(message.get("headers", []))
                said = {name.lower() for name, _ in headers}
                headers += [pair for pair in DEFAULTS if pair[0] not in said]
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_sealed)
        except Exception as error:
            logger.exception("request %s failed", request_id)
            if begun:
                raise
            await _unexpected(error, request_id).response()(scope, receive, send_sealed)


def _unexpected(error: Exception, request_id: str) -> Refusal:
    # Only the type: the message may name things that are nobody's business.
    return Refusal(
        500,
        f"the server failed: {type(error).__name__}",
        expected="no error",
        next_step=f"Whoever runs the server finds the traceback in its log, under request {request_id}.",
    )
