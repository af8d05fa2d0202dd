"""What the code under test says only to logs, warnings and its own `except`: collected for the rules."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

from ..frames import Frame, own_place

__all__ = ["Senses", "own_line"]

_CONTROL = (StopIteration, StopAsyncIteration, GeneratorExit, asyncio.CancelledError)


def own_line(trace: TracebackType | None) -> tuple[str, int, str]:
    """Name the innermost line of the author's own code in a traceback: file, line, function; ("", 0, "") if none."""
    frames = [
        Frame(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(trace)
    ]
    place = own_place(frames[::-1])
    return (place.file, place.line, place.function) if place.own else ("", 0, "")


def describe(error: BaseException) -> dict[str, Any]:
    """Put an exception into words and places that can be sent to another process."""
    file, line, function = own_line(error.__traceback__)
    inner = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__name__,
        "message": str(error)[:500],
        "file": file,
        "line": line,
        "function": function,
        "raised_in": inner[-1].filename if inner else "",
    }


class Senses(logging.Handler):
    """Collects logged errors, warnings and exceptions that pass through the author's own code."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.errors: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.passing: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.errors.append(describe(record.exc_info[1]))

    def set_up(self) -> None:
        logging.getLogger().addHandler(self)
        logging.getLogger("chatkit").addHandler(self)
        warnings.simplefilter("always", RuntimeWarning)
        warnings.showwarning = lambda message, *rest, **more: self.warnings.append(str(message))

    def clear(self) -> None:
        for seen in (self.errors, self.warnings, self.passing):
            seen.clear()

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Note exceptions inside the author's own functions, also those that are caught at once."""
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not _is_own(frame.f_code.co_filename):
            return None
        frame.f_trace_lines = False
        return self._look

    def _look(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "exception" and not issubclass(arg[0], _CONTROL):
            self.passing.append(
                {
                    "type": arg[0].__name__,
                    "message": str(arg[1])[:500],
                    "file": frame.f_code.co_filename,
                    "line": frame.f_lineno,
                    "function": frame.f_code.co_name,
                }
            )
        return self._look


@lru_cache(maxsize=4096)
def _is_own(file: str) -> bool:
    return own_place([Frame(file, 1, "")]).own
