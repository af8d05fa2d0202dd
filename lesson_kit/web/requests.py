"""An HTTP request read as a ChatKit request, or refused with a reason.

Plain ChatKit reads the body inside `server.process`, and what is wrong with it comes out as HTTP 500 (ledger A44).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any, Never, get_args

from chatkit.types import ChatKitReq, ItemsListReq, ThreadsListReq
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from .guard import Guard
from .refusal import Refusal

__all__ = ["OPERATIONS", "discard", "parse", "read_body"]

_adapter = TypeAdapter[ChatKitReq](ChatKitReq)

# All operations of the protocol, in its own order.
OPERATIONS: tuple[str, ...] = tuple(
    kind.model_fields["type"].default for kind in get_args(get_args(ChatKitReq)[0])
)
# What every database takes as a LIMIT.
LONGEST_PAGE = 2**31 - 1
# How much, and for how long, is read of a body that is refused.
DISCARD_BYTES = 32 * 2**20
DISCARD_SECONDS = 10.0
# Cheap to look for. Most bodies hold none of them, and are not read a second time.
_SUSPECT = re.compile(r"NaN|Infinity|\\u0000")
EXAMPLE = '{"type": "threads.list", "params": {}}'


async def read_body(request: Request, guard: Guard) -> bytes:
    """Read the body of a JSON request, within the guard's bytes and seconds.

    Raises `Refusal`: 415 for another content type, 413 when the body is too large, whatever its Content-Length says,
    408 when it takes too long. Raises Starlette's `ClientDisconnect` when the sender leaves in the middle.
    """
    limit = guard.body_limit
    body = bytearray()
    async with contextlib.aclosing(request.stream()) as chunks:
        try:
            _check_content_type(request.headers.get("content-type", ""))
            _check_declared_length(request.headers.get("content-length", ""), limit)
            async with asyncio.timeout(guard.body_seconds):
                async for chunk in chunks:
                    body += chunk
                    if len(body) > limit:
                        raise _too_large(f"more than {limit} bytes", limit)
        except TimeoutError:
            raise _too_slow(request, len(body), guard.body_seconds) from None
        except Refusal:
            await _read_on(chunks)
            raise
    return bytes(body)


async def discard(request: Request) -> None:
    """Read what a refused sender still sends, within reason, before it is answered.

    A server that answers while its client is still sending may close the connection with a reset, and the client
    never sees the answer (hypercorn does).
    """
    async with contextlib.aclosing(request.stream()) as chunks:
        with contextlib.suppress(ClientDisconnect):
            await _read_on(chunks)


async def _read_on(chunks: AsyncIterator[bytes]) -> None:
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for chunk in chunks:
                size += len(chunk)
                if size > DISCARD_BYTES:
                    return


def _check_declared_length(declared: str, limit: int) -> None:
    # No number, a negative or a false one: the bytes themselves are counted too.
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(f"{declared[:20]} bytes", limit)


def _check_content_type(content_type: str) -> None:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = {p.replace('"', "") for p in parameters if p.startswith("charset")}
    # Strict for a reason: a foreign web page may send a browser's other content types here without asking first.
    if media_type != "application/json" or charset - {"charset=utf-8", "charset=utf8"}:
        raise Refusal(
            415,
            f"the content type is {content_type[:100]!r}" if content_type else "no content type",
            expected="application/json in UTF-8",
            next_step="Send the header 'Content-Type: application/json'.",
        )


def _too_large(came: str, limit: int) -> Refusal:
    return Refusal(
        413,
        f"the body has {came}",
        expected=f"at most {limit} bytes",
        next_step="Send a shorter message, or raise the limit: create_app(..., guard=Guard(body_limit=...)).",
    )


def _too_slow(request: Request, size: int, seconds: float) -> Refusal:
    # The rest may still come, and would be read as the next request: only a new connection can go on. HTTP/2 keeps
    # the requests apart by itself, and forbids this header.
    closing = {"Connection": "close"} if request.scope["http_version"].startswith("1") else {}
    return Refusal(
        408,
        f"only {size} bytes of the body came in {seconds:g} s",
        expected="the whole body in that time",
        next_step="Send it at once, or ask again when the connection is better.",
        headers=closing,
    )


def parse(body: bytes) -> ChatKitReq:
    """Read a ChatKit request. Raises `Refusal` 400 for what is no UTF-8, no JSON, or not in the protocol."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(
            400,
            f"the body is not UTF-8: byte {error.start} is 0x{body[error.start]:02x}",
            expected="JSON text in UTF-8",
            next_step="Encode the text as UTF-8 before you send it.",
        ) from None
    try:
        request = _adapter.validate_json(text)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0]) from None
    if _SUSPECT.search(text):
        _check_strictly(text)
    if isinstance(request, ThreadsListReq | ItemsListReq):
        _check_limit(request.params.limit)
    return request


def _check_strictly(text: str) -> None:
    """Refuse what pydantic reads but a database may not take: NaN and infinity, which are no JSON, and NUL."""

    def refuse(constant: str) -> Never:
        raise Refusal(
            400,
            f"the body is no JSON: it holds {constant}",
            expected="finite numbers",
            next_step="Send null or a text in its place.",
        )

    if _holds_nul(json.loads(text, parse_constant=refuse)):
        raise Refusal(
            400,
            "a text in the body holds the character U+0000",
            expected="text that a database can keep",
            next_step="Leave the character out.",
        )


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _explain(error: ErrorDetails) -> Refusal:
    kind, where = error["type"], ".".join(map(str, error["loc"]))
    if kind == "json_invalid":
        return Refusal(
            400,
            f"the body is no JSON: {error['msg'].removeprefix('Invalid JSON: ')}",
            expected=f"a JSON object such as {EXAMPLE}",
            next_step="Check the quotes and brackets at that place.",
        )
    if not where and kind in ("union_tag_invalid", "union_tag_not_found", "dict_type"):
        tag = error.get("ctx", {}).get("tag")
        return Refusal(
            400,
            f"unknown operation {str(tag)[:100]!r}" if tag else "no operation in the field 'type'",
            expected=f"an object whose 'type' is one of {', '.join(OPERATIONS)}",
            next_step=f"Send a request such as {EXAMPLE}.",
        )
    return Refusal(
        400,
        f"the field {where} is wrong: {error['msg'][:300]}",
        expected="a request as chatkit.types.ChatKitReq describes it",
        next_step=f"Correct the field {where}.",
    )


def _check_limit(limit: int | None) -> None:
    if limit is not None and not 0 <= limit <= LONGEST_PAGE:
        raise Refusal(
            400,
            f"the field params.limit is {limit}",
            expected=f"a number of 0 to {LONGEST_PAGE}; 0 or none gives the default",
            next_step="Ask for a smaller page, and for the next one with 'after'.",
        )
