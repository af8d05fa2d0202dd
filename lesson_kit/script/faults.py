"""The errors that a real model API raises, built offline under short names.

Each is what the OpenAI client itself would raise for that answer of the API: same type, message, `code`, `body` and
`response` (openai/_base_client.py, `_make_status_error_from_response`). So code that handles these handles the
real ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import httpx2
import openai

__all__ = ["ERRORS", "STATUSES", "ErrorSource", "build_error", "check_error"]

# A name out of ERRORS, or anything that makes a fresh exception, such as the class `ValueError`.
ErrorSource: TypeAlias = str | Callable[[], Exception]

_URL = "https://api.openai.com/v1/responses"


@dataclass(frozen=True)
class _Answer:
    """An HTTP answer of the API that the client turns into an exception."""

    status: int
    kind: type[openai.APIStatusError]
    type: str
    code: str | None
    message: str

    def __call__(self, retry_after: float | None = None) -> openai.APIStatusError:
        headers, message = {"x-request-id": "req_script"}, self.message
        if retry_after is not None:
            headers["retry-after"] = f"{retry_after:g}"
            message = message.replace(" in 1s", f" in {retry_after:g}s")
        body = {"message": message, "type": self.type, "param": None, "code": self.code}
        response = httpx2.Response(
            self.status, headers=headers, json={"error": body}, request=_request()
        )
        # The client puts the status into the text and only the inner object into `body`.
        return self.kind(f"Error code: {self.status} - {message}", response=response, body=body)


_BUILDERS: dict[str, Callable[[], Exception]] = {
    "rate_limit": _Answer(
        429,
        openai.RateLimitError,
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for requests. Please try again in 1s.",
    ),
    # Also a 429, but waiting does not help: only `code` tells the two apart.
    "quota": _Answer(
        429,
        openai.RateLimitError,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "authentication": _Answer(
        401,
        openai.AuthenticationError,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided.",
    ),
    "bad_request": _Answer(
        400,
        openai.BadRequestError,
        "invalid_request_error",
        None,
        "Invalid value in the request.",
    ),
    "context_length": _Answer(
        400,
        openai.BadRequestError,
        "invalid_request_error",
        "context_length_exceeded",
        "Your input exceeds the context window of this model.",
    ),
    "server": _Answer(
        500,
        openai.InternalServerError,
        "server_error",
        None,
        "The server had an error while processing your request.",
    ),
    "timeout": lambda: openai.APITimeoutError(request=_request()),
    # Also what openai 3.x raises when the connection drops in the middle of a stream (openai/_streaming.py).
    "connection": lambda: openai.APIConnectionError(request=_request()),
    # An error that the API reports inside a stream, whose HTTP status is 200 already: no status code.
    "stream": lambda: openai.APIError(
        "The model broke off.",
        _request(),
        body={"message": "The model broke off.", "type": "server_error", "code": "server_error"},
    ),
}

ERRORS: tuple[str, ...] = tuple(_BUILDERS)
"""The names that `error=` of a Reply knows."""
STATUSES: tuple[str, ...] = tuple(
    name for name, build in _BUILDERS.items() if isinstance(build, _Answer)
)
"""Those that are an answer over HTTP, with a status and headers."""


def build_error(source: ErrorSource, retry_after: float | None = None) -> Exception:
    """Make a fresh exception from a name out of ERRORS or from a function.

    `retry_after` is the header Retry-After, in seconds; only an error out of STATUSES has headers.

    Fresh each time, because Python adds a traceback to an exception whenever it is raised.
    Raises `ValueError` for an unknown name, `TypeError` when the function gives no exception.
    """
    check_error(source)
    if isinstance(source, str):
        build = _BUILDERS[source]
        return build(retry_after) if isinstance(build, _Answer) else build()
    error = source()
    if not isinstance(error, Exception):
        raise TypeError(
            f"error={source!r} must make an exception, but it made {error!r}. "
            f"Give an exception class, or a name: {', '.join(ERRORS)}."
        )
    return error


def check_error(source: object) -> None:
    """Check that `source` can name or make an error. Raises `ValueError` or `TypeError`."""
    if isinstance(source, str):
        if source not in _BUILDERS:
            near = difflib.get_close_matches(source, ERRORS, 1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"error={source!r} is no error that a script knows. {hint}Use one of: {', '.join(ERRORS)}."
            )
    elif isinstance(source, type) and issubclass(source, openai.OpenAIError):
        # It cannot be made without an HTTP response, and a script would find that out in mid-stream.
        raise TypeError(
            f"{source.__name__} cannot be made from nothing. Give its name here: {', '.join(ERRORS)}."
        )
    elif not callable(source):
        raise TypeError(
            f"error= takes a name ({', '.join(ERRORS)}) or a function that makes an exception, "
            f"but {source!r} came. For an exception of your own, give its class: error=ValueError."
        )


def _request() -> httpx2.Request:
    return httpx2.Request("POST", _URL)
