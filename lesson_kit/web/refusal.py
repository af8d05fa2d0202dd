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
        # What came from outside may hold half of a surrogate pair, which no UTF-8 can carry.
        reason = reason.encode("utf-8", "backslashreplace").decode("utf-8")
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
        # Not `request.url`: it is built of the Host header, and fails where that is no host name.
        f"{request.method[:20]} {request.scope['path'][:100]}: {error.detail}",
        expected=f"the method {allowed}" if allowed else "one of /chatkit, /healthz, /metrics, /",
        next_step="Correct the method." if allowed else "Correct the path.",
        headers=error.headers,
    ).response()


# For Starlette(exception_handlers=...).
HANDLERS: Mapping[type[Exception], ExceptionHandler] = {
    Refusal: _refused,
    HTTPException: _http_error,
}
