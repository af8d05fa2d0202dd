"""A function of the answer, called: what it gives, when, and what becomes of the sources it was given."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import accumulate
from typing import Any

from .plain import LONGEST, plain, safe
from .scene import Call, Feed
from .senses import Senses

__all__ = ["Calling"]

_ENDS = (SystemExit, KeyboardInterrupt)
"""What ends the process: not ours to catch."""


class Calling:
    """One call of a function with a scene's arguments, and the plain facts of it."""

    def __init__(self, function: Any, call: Call, senses: Senses) -> None:
        self._function, self._call, self._senses = function, call, senses
        self._feeds: list[_Source] = []
        self.facts: dict[str, Any] = {"gave": "nothing", "yielded": []}

    async def run(self) -> None:
        """Make the call, and read what it gives; an error of the function is noted, not raised."""
        args = [self._argument(value) for value in self._call.args]
        named = {name: self._argument(value) for name, value in self._call.named.items()}
        try:
            given = self._function(*args, **named)
            await self._take(given)
        except (Exception, BaseExceptionGroup) as error:
            # A task group round a `yield` makes such a group of the GeneratorExit, when the reader leaves.
            if isinstance(error, BaseExceptionGroup) and error.subgroup(_ENDS):
                raise
            self._senses.note(error, "raised")
            self.facts["raised"] = safe(type(error).__name__, 200)
        finally:
            self.facts["over"] = self._senses.now()
            # One turn of the loop: a task that the answer has cancelled closes the source that it reads.
            await asyncio.sleep(0)
            self.facts["sources"] = [feed.facts(self._senses.began) for feed in self._feeds]
            for feed in self._feeds:
                await feed.stream.aclose()

    def _argument(self, value: Any) -> Any:
        if not isinstance(value, Feed):
            return value
        self._feeds.append(_Source(value))
        return self._feeds[-1].stream

    async def _take(self, given: Any) -> None:
        self.facts["gave"] = _kind(given)
        if inspect.isawaitable(given):
            given = await given
            self.facts["gave"] = "coroutine"
        if hasattr(given, "__aiter__"):
            await self._read(aiter(given))
        elif inspect.isgenerator(given):
            await self._read(_slowly(given))
        else:
            self.facts["returned"] = plain(given)

    async def _read(self, stream: AsyncIterator[Any]) -> None:
        yielded = self.facts["yielded"]
        stop_after = self._call.stop_after
        try:
            while stop_after is None or len(yielded) < stop_after:
                try:
                    value = await anext(stream)
                except StopAsyncIteration:
                    break
                if len(yielded) < LONGEST:
                    yielded.append({"t": self._senses.now(), "value": plain(value)})
                await asyncio.sleep(self._call.read_delay)
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()


def _kind(given: Any) -> str:
    if inspect.isasyncgen(given):
        return "async generator"
    if inspect.isgenerator(given):
        return "generator"
    if inspect.iscoroutine(given):
        return "coroutine"
    return "async iterator" if hasattr(given, "__aiter__") else "value"


async def _slowly(generator: Any) -> AsyncGenerator[Any, None]:
    try:
        for value in generator:
            yield value
    finally:
        generator.close()


class _Source:
    """A feed that is being read. It is held here to the end, so that nobody but the answer closes it."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._due: list[float] = []
        self._taken: list[float] = []
        self._ended = self._closed = False
        self.stream = self._play()

    def facts(self, began: float) -> dict[str, Any]:
        return {
            "due": [round(at - began, 9) for at in self._due],
            "taken": [round(at - began, 9) for at in self._taken],
            "ended": self._ended,
            "closed": self._closed,
        }

    async def _play(self) -> AsyncGenerator[Any, None]:
        feed, loop = self._feed, asyncio.get_running_loop()
        began = loop.time()
        gaps = feed.gap if not isinstance(feed.gap, int | float) else None
        many = len(feed.values)
        if gaps is None:
            due = [feed.thinking + k * float(feed.gap) for k in range(many)]  # type: ignore[arg-type]
        else:
            due = list(accumulate(gaps, initial=feed.thinking))[:many]
        due = [round(began + at, 9) for at in due]
        self._due = due
        try:
            for k, (at, value) in enumerate(zip(due, feed.values, strict=False)):
                await asyncio.sleep(max(0.0, at - loop.time()))
                self._break_at(k)
                self._taken.append(loop.time())
                yield value
            self._break_at(many)
            self._ended = True
        finally:
            self._closed = True

    def _break_at(self, place: int) -> None:
        if self._feed.error_at == place:
            error = RuntimeError(self._feed.error)
            error.__lesson_kit_script__ = True  # type: ignore[attr-defined]
            raise error
