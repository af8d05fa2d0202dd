"""An HTTP error of the model's server, in the words and the form of the OpenAI API."""

from __future__ import annotations

from typing import Any

import openai
from starlette.responses import JSONResponse

from ..script.faults import build_error

__all__ = ["error_body", "refusal"]

# The statuses that a script's errors have words for already.
_NAMES = {400: "bad_request", 401: "authentication", 429: "rate_limit", 500: "server"}
_WORDS = {
    403: ("invalid_request_error", "You are not allowed to use this model."),
    404: ("invalid_request_error", "The model or the path does not exist."),
    503: ("server_error", "The engine is currently overloaded, please try again later."),
}


def error_body(error: openai.APIError) -> dict[str, Any]:
    """The API's error object: message, type, param, code."""
    body = error.body if isinstance(error.body, dict) else {}
    kind = body.get("type") or "server_error"
    return {"message": error.message, "type": kind, "param": None, "code": body.get("code")} | body


def refusal(
    status: int,
    body: dict[str, Any] | None = None,
    *,
    message: str | None = None,
    retry_after: float | None = None,
    retry: bool | None = None,
) -> JSONResponse:
    """An error answer; without a body or a message, with the API's usual words for that status.

    `retry` is said in the header `x-should-retry`, which the OpenAI client obeys above all else
    (openai/_base_client.py, `_should_retry`).
    """
    headers = {"x-request-id": "req_script"}
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
    if retry is not None:
        headers["x-should-retry"] = str(retry).lower()
    body = body or _usual(status)
    return JSONResponse(
        {"error": body | ({"message": message} if message else {})}, status, headers
    )


def _usual(status: int) -> dict[str, Any]:
    if status in _NAMES:
        error = build_error(_NAMES[status])
        assert isinstance(error, openai.APIError)
        return error_body(error)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    kind, message = _WORDS.get(status, (kind, f"This request failed with HTTP {status}."))
    return {"message": message, "type": kind, "param": None, "code": None}
