"""An error of a model as data: its name, its words, and the way back to an exception."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

import agents.exceptions
import httpx2
import openai

from ..script.faults import ERRORS, build_error

__all__ = ["Fault", "ReplayedError"]

_REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/responses")
# An async generator that raises one of these raises RuntimeError instead.
_NEVER = (StopIteration, StopAsyncIteration)


class ReplayedError(Exception):
    """An error whose class cannot be made again from its name; the message begins with that name."""


@dataclass(frozen=True)
class Fault:
    """An error by name: one out of `script.faults.ERRORS`, or the name of an exception class.

    It is callable: `error=Fault(...)` of a `Reply` makes the exception, fresh each time.
    """

    name: str
    message: str = ""

    @classmethod
    def of(cls, error: Exception) -> Fault:
        """Name an exception so that `lesson_kit.server` tells the replayed one in the same words."""
        for name in ERRORS:
            known = build_error(name)
            if type(known) is type(error) and _code(known) == _code(error):
                return cls(name)
        return cls(type(error).__name__, str(error))

    @property
    def source(self) -> str | Fault:
        """What `error=` of a `Reply` takes."""
        return self.name if self.name in ERRORS else self

    def __call__(self) -> Exception:
        kind = _class_named(self.name)
        try:
            return ReplayedError(f"{self.name}: {self.message}") if not kind else self._made(kind)
        except TypeError:  # a class that wants more than a message, such as UnicodeDecodeError
            return ReplayedError(f"{self.name}: {self.message}")

    def _made(self, kind: type[Exception]) -> Exception:
        if issubclass(kind, openai.APIStatusError):
            status = getattr(kind, "status_code", 500)
            answer = httpx2.Response(status if type(status) is int else 500, request=_REQUEST)
            return kind(self.message, response=answer, body=None)
        if issubclass(kind, openai.APITimeoutError | openai.APIConnectionError):
            return kind(request=_REQUEST)
        if issubclass(kind, openai.APIError):
            return kind(self.message, _REQUEST, body=None)
        return kind(self.message)


def _code(error: Exception) -> object:
    return getattr(error, "code", None)


def _class_named(name: str) -> type[Exception] | None:
    for home in (builtins, openai, agents.exceptions):
        kind = getattr(home, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _NEVER):
            return kind
    return None
