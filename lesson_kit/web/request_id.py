"""A name for each request, the same in the answer's header and in the log."""

from __future__ import annotations

import contextvars
import logging
import secrets

__all__ = ["NameRequests", "current", "name_this_request"]

_current: contextvars.ContextVar[str] = contextvars.ContextVar("lesson_kit_request", default="")


def name_this_request() -> str:
    """Make a new name. Everything that this task starts from here on, the turn among it, logs under it."""
    name = secrets.token_hex(8)
    _current.set(name)
    return name


def current() -> str:
    """Give the name of the request that this task works for; "" outside of any."""
    return _current.get()


class NameRequests(logging.Filter):
    """Puts the request's name into each log record as `record.request`; "-" outside of any request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request = _current.get() or "-"
        return True
