"""Log records, taken down instead of printed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["eavesdrop"]

LOGGERS = ("chatkit", "openai.agents", "asyncio", "lesson_kit")


@contextlib.contextmanager
def eavesdrop(found: list[str]) -> Iterator[None]:
    """Write warnings and errors into `found` while the body runs, one line each; nothing reaches the screen."""
    writer = _Writer(found)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(writer)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(writer)
            logger.propagate = propagate


class _Writer(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(f"{record.name}: {record.getMessage()}".splitlines()[0])
