"""Whether another try can help: told by the error alone.

| what came                                               | same model again | another model |
|---------------------------------------------------------|------------------|---------------|
| no connection, a broken stream, silence, 408, 409, 5xx  | yes              | yes           |
| 429: too fast                                           | yes              | yes           |
| 429 insufficient quota, 401, 403, 404, context too long | no               | yes           |
| any other 4xx: the request is wrong                     | no               | no            |
| anything else: a bug of ours                            | no               | no            |
"""

from __future__ import annotations

import json

import httpx2
import openai
from agents.exceptions import ModelBehaviorError, ModelTimeoutError

__all__ = ["another_helps", "retry_after", "same_helps"]

_PASSING = {408, 409, 429}
_ELSEWHERE = {401, 403, 404}

# JSONDecodeError: the OpenAI client raises it as it is when a chunk is no JSON (openai/_streaming.py).
# ModelBehaviorError: what the Agents SDK makes of an error event (agents/models/_response_terminal.py).
_MAY_PASS = (
    openai.APIError,
    httpx2.TransportError,
    json.JSONDecodeError,
    ModelBehaviorError,
    ModelTimeoutError,
    TimeoutError,
)


def same_helps(error: Exception) -> bool:
    """Whether the same request to the same model may succeed later."""
    if isinstance(error, openai.APIStatusError):
        passing = error.status_code in _PASSING or error.status_code >= 500
        return passing and error.code != "insufficient_quota"
    return isinstance(error, _MAY_PASS)


def another_helps(error: Exception) -> bool:
    """Whether another model, or another server, may answer the same request."""
    if same_helps(error):
        return True
    if not isinstance(error, openai.APIStatusError):
        return False
    elsewhere = ("insufficient_quota", "context_length_exceeded")
    return error.status_code in _ELSEWHERE or error.code in elsewhere


def retry_after(error: Exception) -> float | None:
    """Seconds that the server asked to wait; None when it asked for none, or by a date."""
    if not isinstance(error, openai.APIStatusError):
        return None
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
