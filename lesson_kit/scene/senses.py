"""What the answer says only to logs, warnings and its own `except`, and when it sleeps: noted with the answer's line."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pydantic import ValidationError

from .plain import safe

__all__ = ["MOST", "Senses"]

MOST = 500
"""Facts of one kind that are kept."""
# Ways in which Python ends generators and tasks: no errors.
_CONTROL = (StopIteration, StopAsyncIteration, GeneratorExit, asyncio.CancelledError)
LOGGERS = ("chatkit", "openai.agents", "asyncio", "lesson_kit")


class Senses(logging.Handler):
    """Collects plain facts of one scene; `name` is the file name under which the answer's source is compiled."""

    def __init__(self, name: str, *, origins: bool = False) -> None:
        super().__init__(logging.WARNING)
        self.file = name
        self._origins = origins  # note where each coroutine was made
        self.began = 0.0  # the loop's time at which the scene began
        self._clock: Callable[[], float] = lambda: 0.0
        self.troubles: list[dict[str, Any]] = []
        self.warned: list[dict[str, Any]] = []
        self.slept: list[dict[str, Any]] = []
        self.printed: list[str] = []
        self._known: list[BaseException] = []  # held, so that no two share an id

    def now(self) -> float:
        """Give the seconds since the scene began, on the loop's clock; 0 where no loop runs."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return 0.0
        return round(self._clock() - self.began, 9)

    def begin(self) -> None:
        """Begin a scene now, before the answer's first line.

        The loop's clock is held from here on. An answer that puts another in its place changes the times that the model
        and the client take, and not these: then the two do not agree, and the judge sees it.
        """
        self._clock = asyncio.get_running_loop().time
        self.began = self._clock()

    def note(self, error: BaseException, how: str) -> None:
        """Note an error once, however often it is raised again."""
        if isinstance(error, BaseExceptionGroup):  # what a task group makes of its tasks' errors
            for one in error.exceptions:
                self.note(one, how)
            return
        if isinstance(error, _CONTROL) or len(self.troubles) >= MOST:
            return
        if any(error is known for known in self._known):
            return
        self._known.append(error)
        line, function = self.own_line(error)
        self.troubles.append(
            {
                "how": how,
                "type": safe(type(error).__name__, 200),
                "message": _message(error),
                "line": line,
                "function": safe(function, 200),
                "t": self.now(),
                "ours": _scripted(error),
            }
        )

    def own_line(self, error: BaseException) -> tuple[int | None, str]:
        """Find the innermost line of the answer in an error's traceback, and its function."""
        if isinstance(error, SyntaxError) and error.filename == self.file:
            return error.lineno, ""
        trace = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        own = [(line, code.co_name) for code, line in trace if code.co_filename == self.file]
        return own[-1] if own else (None, "")

    def caller(self) -> int | None:
        """Find the line of the answer that is being run: the innermost on the stack."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.file:
            frame = frame.f_back  # type: ignore[assignment]
        return frame.f_lineno if frame is not None else None

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        line = self.own_line(error)[0] if error else None
        said = record.getMessage()
        if error is not None:
            self.note(error, "logged")
            if record.name == "chatkit" and _scripted(error):
                return  # ChatKit logs each error that it turns into an event: nothing is left lying about
            said = f"{type(error).__name__}: {_message(error)}"
        self._warn(record.name, said, line)

    def _warn(self, who: str, said: str, line: int | None) -> None:
        if len(self.warned) < MOST:
            self.warned.append({"who": who, "message": _repeatable(said), "line": line})

    def _show(
        self, message: Any, category: type, file: str, line: int, *rest: Any, **named: Any
    ) -> None:
        said = str(message)
        made = re.search(rf'File "{re.escape(self.file)}", line (\d+)', said)
        own = int(made[1]) if made else line if file == self.file else None
        self._warn(category.__name__, said.splitlines()[0] if said else "", own)

    @property
    def unsure(self) -> bool:
        """Whether a coroutine was never awaited, and nobody noted where it was made."""
        return not self._origins and any("never awaited" in one["message"] for one in self.warned)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take down log records and warnings while the body runs; nothing reaches the screen."""
        loggers = [logging.getLogger(name) for name in LOGGERS]
        depth = sys.get_coroutine_origin_tracking_depth()
        with ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("always")
            # chatkit.widgets warns against its own classes when it is imported
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.showwarning = self._show  # type: ignore[assignment]
            # A coroutine that nobody awaited then knows the line that made it; and every other one does too, which costs.
            sys.set_coroutine_origin_tracking_depth(int(self._origins))
            stack.callback(sys.set_coroutine_origin_tracking_depth, depth)
            for logger in loggers:
                stack.callback(setattr, logger, "propagate", logger.propagate)
                stack.callback(logger.removeHandler, self)
                logger.addHandler(self)
                logger.propagate = False
            yield


def _repeatable(said: str) -> str:
    """Keep the first line, without what differs from run to run and machine to machine: addresses, tasks, folders."""
    for differs, kept in ((r"Task-\d+", "Task"), (r"0x[0-9a-f]+", "0x"), (r"(?:/[\w.@+-]+)+/", "")):
        said = re.sub(differs, kept, said)
    return safe(said.strip().partition("\n")[0], 1000)


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, ValidationError):
            # Its own words list every value that would have been right: hundreds of icons.
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "value"
            return safe(f"{error.title} does not take {name}={first['input']!r:.60}", 500)
        return safe(str(error), 500)
    except Exception:  # a guest's own __str__
        return ""


def _scripted(error: BaseException) -> bool:
    """Tell whether the scene itself ordered the error: its source's, or its model's, which is the OpenAI client's own."""
    kind = type(error).__module__.partition(".")[0]
    return kind == "openai" or bool(getattr(error, "__lesson_kit_script__", False))
