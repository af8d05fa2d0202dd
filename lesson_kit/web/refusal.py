"""A request that is refused: what came, what was expected, what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

__all__ = ["HANDLERS", "Refusal"]


class Refusal(Exception):
    """Becomes an HTTP answer `{"error": {"reason": ..., "expected": ..., "next_step": ...}}`.

    `reason` says what came, `expected` what should have, `next_step` what the sender can do about it.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        expected: str,
        next_step: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.expected = expected
        self.next_step = next_step
        self.headers = headers

    def response(self) -> JSONResponse:
        error = {"reason": self.reason, "expected": self.expected, "next_step": self.next_step}
        return JSONResponse({"error": error}, self.status, self.headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    """Word Starlette's own 404 and 405 like our refusals."""
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow")
    return Refusal(
        error.status_code,
        f"{request.method} {request.url.path}: {error.detail}",
        expected=f"the method {allowed}" if allowed else "one of /chatkit, /healthz, /metrics, /",
        next_step="Correct the method." if allowed else "Correct the path.",
        headers=error.headers,
    ).response()


async def _unexpected(request: Request, error: Exception) -> Response:
    # Only the type: the message may name things that are nobody's business. Starlette raises the error again
    # after this answer, so that the server logs all of it.
    return Refusal(
        500,
        f"the server failed: {type(error).__name__}",
        expected="no error",
        next_step="Whoever runs the server finds the traceback in its log.",
    ).response()


# For Starlette(exception_handlers=...).
HANDLERS: Mapping[type[Exception], ExceptionHandler] = {
    Refusal: _refused,
    HTTPException: _http_error,
    Exception: _unexpected,
}
