"""Why a chat request failed, in one line."""

from __future__ import annotations

import json
from typing import Any

import httpx2

__all__ = ["ChatError", "address", "of_response", "of_transport"]

LONGEST = 300


class ChatError(Exception):
    """A request failed. `status` is the HTTP status, or None if there was no answer; `reason` is one line."""

    def __init__(self, status: int | None, reason: str) -> None:
        self.status = status
        self.reason = " ".join(reason.split())
        # With 200 the status is not what went wrong.
        failed = status is not None and status != 200
        super().__init__(f"HTTP {status}: {self.reason}" if failed else self.reason)


def address(url: httpx2.URL) -> str:
    """The server in a URL, without a password that may stand there."""
    return f"{url.scheme}://{url.netloc.decode()}"


def of_response(response: httpx2.Response, body: bytes) -> ChatError:
    """Explain an answer that is not 200, from our JSON reason or from whatever else stands in it."""
    error = _our_error(body)
    if error:
        parts = [error.get("reason"), _expected(error.get("expected")), error.get("next_step")]
        return ChatError(
            response.status_code, ". ".join(str(p).rstrip(".") for p in parts if p) + "."
        )
    said = " ".join(body.decode("utf-8", "replace").split())[:LONGEST]
    # A proxy on the way speaks these in words of its own.
    match response.status_code:
        case 401:
            advice = "It wants a token, or another one. Ask whoever runs it."
        case 403:
            advice = "It does not let you in. Ask whoever runs it."
        case 429:
            seconds = response.headers.get("retry-after", "")
            when = f"in {seconds} s" if seconds.isdecimal() else "a little later"
            advice = f"It gets too many requests at the moment. Ask again {when}."
        case _:
            advice = "Is it a ChatKit server? Check the address."
    return ChatError(
        response.status_code, f"{address(response.request.url)} answered {said!r}. {advice}"
    )


def _our_error(body: bytes) -> dict[str, Any] | None:
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return None
    return error if isinstance(error, dict) and error.get("reason") else None


def _expected(expected: object) -> str:
    return f"Expected {expected}" if expected else ""


def of_transport(error: httpx2.RequestError) -> ChatError:
    """Explain a request that got no answer."""
    where = address(error.request.url)
    match error:
        case httpx2.ConnectError():
            why = f"No server answers at {where}. Start one with `lesson-kit serve`, or check the address."
        case httpx2.ConnectTimeout():
            why = (
                f"{where} did not accept the connection in time. Check the address and the network."
            )
        case httpx2.TimeoutException():
            why = f"{where} took too long to answer. Try again."
        case httpx2.UnsupportedProtocol():
            why = f"{where!r} is no web address. Expected one such as http://127.0.0.1:8000."
        case _:
            why = f"The connection to {where} failed: {error or type(error).__name__}. Try again."
    return ChatError(None, why)
