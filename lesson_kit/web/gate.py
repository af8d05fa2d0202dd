"""Who comes in: every check that a request passes before its body is looked at, and its place among the answers."""

from __future__ import annotations

import ipaddress
import math
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import ChatKitReq, ThreadsCreateReq
from starlette.requests import Request

from .guard import Guard
from .origin import check_host, check_origin
from .ratelimit import RateLimit
from .refusal import Refusal
from .slots import Slot, Slots
from .tokens import Tokens

__all__ = ["Gate"]

REALM = 'Bearer realm="lesson-kit"'


class Gate:
    """The guard of one server at work. Raises `ValueError` if the store cannot count threads but has to."""

    def __init__(self, server: ChatKitServer[Any], guard: Guard, tokens: Tokens | None) -> None:
        self.guard = guard
        self.tokens = tokens
        self.slots = Slots(guard.turns, guard.turns_per_user)
        self._rate = RateLimit(guard.rate, guard.burst) if guard.rate else None
        self._count_threads: Any = getattr(server.store, "count_threads", None)
        if guard.threads_per_user is not None and self._count_threads is None:
            raise ValueError(
                f"threads_per_user needs a store that counts threads, but {type(server.store).__name__} has no method "
                "count_threads(context). Give it one, or leave threads_per_user out."
            )

    def check_call(self, request: Request) -> None:
        """Raise `Refusal` 431 for headers without end, 421 for another server's name."""
        size = sum(len(name) + len(value) for name, value in request.headers.raw)
        if size > self.guard.header_limit:
            raise Refusal(
                431,
                f"the headers have {size} bytes",
                expected=f"at most {self.guard.header_limit} bytes",
                next_step="Send fewer or shorter headers.",
            )
        check_host(request, self.guard.hosts)

    def admit(self, request: Request) -> None:
        """Let a request in, and note its user in `request.state.user`.

        Raises `Refusal`: what `check_call` raises, 403 for another site's page, 401 without a token that counts, 429
        for one request too many.
        """
        self.check_call(request)
        check_origin(request, self.guard.origins)
        user = self._user_of(request)
        request.state.user = user or ""
        # Also for a wrong token: else it could be guessed as fast as the wire allows.
        wait = 0.0 if self._rate is None else self._rate.take(_asker(request))
        if wait:
            raise _too_fast(wait)
        if user is None:
            raise _unknown(request)

    async def take_slot(self, request: Request, parsed: ChatKitReq, context: Any) -> Slot:
        """Take a place for a streaming answer. Raises `Refusal` 429, 503 or, for one thread too many, 409."""
        asker = _asker(request)
        slot = self.slots.take(asker, getattr(parsed.params, "thread_id", None))
        if not isinstance(parsed, ThreadsCreateReq):
            return slot
        try:
            await self._check_threads(asker, context)
        except BaseException:
            slot.release()
            raise
        return slot

    async def _check_threads(self, asker: str, context: Any) -> None:
        most = self.guard.threads_per_user
        if most is None:
            return
        # Those that are about to be stored count too, or many at once would all find the last place free.
        others = self.slots.opening(asker) - 1
        stored = await self._count_threads(context)
        if stored + others >= most:
            raise Refusal(
                409,
                f"you have {stored} threads already",
                expected=f"at most {most} threads",
                next_step="Go on in one of them, or delete one.",
            )

    def _user_of(self, request: Request) -> str | None:
        """Give the user whom the token names, "" if no token is asked for or it names nobody; None if it is unknown."""
        if self.tokens is None:
            return ""
        given = request.headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        return self.tokens.user_of(token.strip()) if scheme.lower() == "bearer" else None


def _asker(request: Request) -> str:
    """Name whoever pays for a request: its user, or its network address."""
    user: str = request.state.user
    if user:
        return f"user {user}"
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"client {host[:100]}"
    if address.version == 6:  # whoever has one address of IPv6 has 2**64 of them
        return f"client {ipaddress.ip_network((address.packed, 64), strict=False)}"
    return f"client {address}"


def _too_fast(wait: float) -> Refusal:
    seconds = math.ceil(wait)
    return Refusal(
        429,
        "too many requests in a short time",
        expected="fewer requests",
        next_step=f"Ask again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


def _unknown(request: Request) -> Refusal:
    came = "authorization" in request.headers
    return Refusal(
        401,
        "the server does not know this token" if came else "no token came",
        expected="the header 'Authorization: Bearer TOKEN'",
        next_step="Ask whoever runs the server for a token.",
        headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"' if came else REALM},
    )
