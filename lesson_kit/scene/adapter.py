"""ChatKit's reader of requests, made once: ChatKit makes it anew for each request, which takes longer than an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import chatkit.server
from pydantic import TypeAdapter

__all__ = ["adapters_kept"]


@cache
def _kept(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter[Any](kind)


class _Kept:
    """Stands for the name TypeAdapter in `chatkit.server`: `TypeAdapter[Req](Req)` (ChatKitServer.process)."""

    def __class_getitem__(cls, kind: Any) -> Any:
        return _kept


@contextmanager
def adapters_kept() -> Iterator[None]:
    """Let ChatKit keep its request adapter while the body runs."""
    names = vars(chatkit.server)
    before, names["TypeAdapter"] = names["TypeAdapter"], _Kept
    try:
        yield
    finally:
        names["TypeAdapter"] = before
