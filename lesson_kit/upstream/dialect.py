"""A dialect of the OpenAI API: how one of its endpoints says what a model does."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from agents import ModelResponse
from agents.items import TResponseStreamEvent

__all__ = ["Dialect", "sse"]


class Dialect(ABC):
    """Turns one answer's events into chunks of server-sent events, or its whole into JSON."""

    path: str  # behind /v1/

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.model = str(request.get("model", ""))

    @classmethod
    @abstractmethod
    def question(cls, request: Mapping[str, Any]) -> tuple[str | None, Any]:
        """Read the instructions and the input out of a request's body. Raises `ValueError` with the reason."""

    @abstractmethod
    def chunks(self, event: TResponseStreamEvent) -> Iterable[bytes]:
        """Say one event of the model."""

    @abstractmethod
    def error(self, body: dict[str, Any]) -> bytes:
        """Say an error in the middle of a stream, when the status line has been sent."""

    @abstractmethod
    def whole(self, response: ModelResponse) -> dict[str, Any]:
        """Say a whole answer, for a request that does not stream."""


def sse(data: str | Mapping[str, Any], event: str | None = None) -> bytes:
    """One server-sent event. A mapping is written as JSON, on one line."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()
