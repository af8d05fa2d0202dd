"""What `respond` raises, heard on its way: ChatKit turns it into an error event, some kinds without a log record."""

from __future__ import annotations

from typing import Any

from .senses import Senses

__all__ = ["listen"]


def listen(server: Any, senses: Senses) -> None:
    """Note what a server's `respond` raises; all else passes unchanged."""
    respond = server.respond

    def listened(*args: Any, **named: Any) -> Any:
        stream = respond(*args, **named)
        return _Listened(stream, senses) if hasattr(stream, "__anext__") else stream

    server.respond = listened


class _Listened:
    """An async iterator that passes all on. No generator: closing would then differ from what ChatKit does."""

    def __init__(self, stream: Any, senses: Senses) -> None:
        self._stream, self._senses = stream, senses

    def __aiter__(self) -> _Listened:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._stream)
        except Exception as error:
            self._senses.note(error, "raised")
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
