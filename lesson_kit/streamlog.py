"""The log of a server's streams: one line of JSON for each, written where it ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

import structlog

from .health import FAILED
from .observe import TurnFacts, TurnObserver

__all__ = ["StreamLog", "json_lines"]


class Logger(Protocol):
    """What a line is given to: structlog's loggers have it."""

    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...


def json_lines(file: TextIO | None = None, *, stamped: bool = True) -> Logger:
    """Give a structlog logger that writes JSON lines to `file`, which is stderr by default.

    `stamped` adds the time of day (UTC, ISO 8601). Nothing global is configured: the program's own structlog set-up
    and that of a test stay as they are.
    """
    processors: list[Any] = [structlog.processors.add_log_level]
    if stamped:
        processors.append(structlog.processors.TimeStamper(fmt="iso", utc=True))
    processors.append(structlog.processors.JSONRenderer())
    logger: Logger = structlog.wrap_logger(
        structlog.PrintLogger(file or sys.stderr), processors=processors
    )
    return logger


class StreamLog:
    """Writes one line a turn, an observer for `LessonServer(observers=[StreamLog()])`.

    The line tells thread, turn, message, model, outcome, error, first_token_s, duration_s, deltas and tokens; times
    are seconds from the request. A failed turn is a warning. Words of the user or of the model are never in it, nor
    is an error's message, which may quote them or a key: only its class name.

    `fields` adds to each line what these functions give when a turn starts, such as the name of its request.

    One line and not one a token: an answer of 500 deltas would be 500 lines that say less (ledger A54).
    """

    def __init__(
        self,
        logger: Logger | None = None,
        *,
        fields: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        self._logger = logger or json_lines()
        self._fields = dict(fields or {})

    def turn(self, facts: TurnFacts) -> TurnObserver:
        """Give what notes one turn."""
        return _Line(self._logger, facts, {name: give() for name, give in self._fields.items()})


class _Line(TurnObserver):
    def __init__(self, logger: Logger, facts: TurnFacts, fields: dict[str, object]) -> None:
        self._logger = logger
        self._fields = fields
        self._facts = facts
        self._first_token: float | None = None
        self._deltas = self._calls = self._input = self._output = 0

    def model_called(self) -> None:
        self._calls += 1

    def first_token(self, seconds: float) -> None:
        self._first_token = round(seconds, 3)

    def model_delta(self, seconds_since_previous: float | None) -> None:
        self._deltas += 1

    def model_answered(self, input_tokens: int, output_tokens: int) -> None:
        self._input += input_tokens
        self._output += output_tokens

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        write = self._logger.warning if outcome in FAILED else self._logger.info
        now = asyncio.get_running_loop().time()
        write(
            "turn",
            thread=self._facts.thread,
            turn=self._facts.number,
            message=self._facts.message,
            model=self._facts.model,
            outcome=outcome,
            error=error,
            first_token_s=self._first_token,
            duration_s=round(now - self._facts.began, 3),
            deltas=self._deltas,
            model_calls=self._calls,
            input_tokens=self._input,
            output_tokens=self._output,
            **self._fields,
        )
