"""What the user is told when a turn fails, and whether trying again can help.

ChatKit turns any error it does not know into `stream.error` with retry allowed (ledger, recipe ix). But retrying a
programming error never helps, and "an error occurred" tells nobody what to do.
"""

from __future__ import annotations

import json

import agents
import openai
from chatkit.errors import BaseStreamError, CustomStreamError, ErrorCode, StreamError

from ..store import StoreError
from .limits import Limit, Limits

# The first match counts, so subclasses stand before their bases. (error types, what the user reads, may retry)
_MEANING: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool], ...] = (
    (openai.RateLimitError, "The model is busy right now. Please try again in a moment.", True),
    (
        (openai.AuthenticationError, openai.PermissionDeniedError),
        "The model did not accept this server's key. Whoever runs the server must mend that.",
        False,
    ),
    (
        openai.NotFoundError,
        "This model does not exist or is not open to this server. Whoever runs the server must choose another.",
        False,
    ),
    (
        (openai.BadRequestError, openai.UnprocessableEntityError),
        "The model could not accept this request. Please change your message.",
        False,
    ),
    (
        (
            openai.APITimeoutError,
            agents.exceptions.ModelTimeoutError,
        ),  # the client's; ModelSettings'
        "The model took too long to answer. Please try again.",
        True,
    ),
    (
        openai.APIConnectionError,
        "The model cannot be reached. Check the network or the address of the model's server, then try again.",
        True,
    ),
    (openai.APIError, "The model failed while answering. Please try again.", True),
    (agents.exceptions.ModelRefusalError, "The model declined to answer this.", False),
    (
        (agents.InputGuardrailTripwireTriggered, agents.OutputGuardrailTripwireTriggered),
        "A safety rule of this server stopped the answer. Please change your message.",
        False,
    ),
    (
        agents.MaxTurnsExceeded,
        "The answer took more steps than this server allows. Please ask for less at a time.",
        False,
    ),
    # A chunk that is no JSON: the OpenAI client lets the parser's own error through.
    (
        (agents.ModelBehaviorError, json.JSONDecodeError),
        "The model's answer broke off. Please try again.",
        True,
    ),
    (StoreError, "The server cannot get at its conversations right now. Please try again.", True),
)

_TIMEOUT: dict[Limit, str] = {
    "first_token": "The model did not begin to answer within {} seconds. Please try again.",
    "between_tokens": "The model fell silent for {} seconds in the middle of its answer. Please try again.",
    "total": "The answer took longer than {} seconds in all. Please try again, or ask for less.",
}


class TimeLimit(CustomStreamError):
    """A time limit has passed. `limit` says which."""

    def __init__(self, limit: Limit, limits: Limits) -> None:
        super().__init__(_TIMEOUT[limit].format(f"{getattr(limits, limit):g}"), allow_retry=True)
        self.limit = limit


def for_the_user(error: Exception) -> BaseStreamError:
    """Say an error in the user's words. What is no known error is a bug of ours: no words, and no retry."""
    if isinstance(error, BaseStreamError):
        return error
    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota":
        return CustomStreamError("This server has used up its model budget.", allow_retry=False)
    if isinstance(error, openai.BadRequestError) and error.code == "context_length_exceeded":
        return CustomStreamError(
            "This conversation is too long for the model. Please start a new one."
        )
    for types, message, may_retry in _MEANING:
        if isinstance(error, types):
            return CustomStreamError(message, allow_retry=may_retry)
    return StreamError(ErrorCode.STREAM_ERROR, allow_retry=False)
