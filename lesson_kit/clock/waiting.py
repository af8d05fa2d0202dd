"""Where each task of a loop waits: file, line and source, read from the suspended coroutines."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
from collections.abc import Iterator
from types import CodeType
from typing import Any

from ..frames import Frame, own_place, source_line, where

# Functions that wait for a plain thread's answer, which no selector can see: (end of file name, function).
# Starlette's thread pool and aiosqlite bypass `loop.run_in_executor`.
_BRIDGES = (
    ("anyio/_backends/_asyncio.py", "run_sync_in_worker_thread"),
    ("aiosqlite/core.py", "_connect"),
    ("aiosqlite/core.py", "_execute"),
    ("aiosqlite/core.py", "close"),
)


def threads_awaited(loop: asyncio.AbstractEventLoop) -> int:
    """Count the tasks that wait for a thread which the loop did not start."""
    own: Any = getattr(loop, "_default_executor", None)
    if threading.active_count() <= 1 + len(getattr(own, "_threads", ())):
        return 0  # the common case: no other thread than the loop's own, nothing to walk
    return sum(map(_waits_for_a_thread, asyncio.all_tasks(loop)))


def _waits_for_a_thread(task: asyncio.Task[Any]) -> bool:
    return any(
        code.co_name == name and code.co_filename.replace("\\", "/").endswith(file)
        for code, _ in awaited_frames(task.get_coro())
        for file, name in _BRIDGES
    )


def describe_tasks(loop: asyncio.AbstractEventLoop) -> str:
    """List the waiting tasks, one line each: name, file:line, source line."""
    lines = [f"  - {task.get_name()} waits at {_place(task)}" for task in asyncio.all_tasks(loop)]
    return "\n".join([f"{len(lines)} waiting task(s):", *sorted(lines)])


def _place(task: asyncio.Task[Any]) -> str:
    frames = [
        Frame(code.co_filename, line, code.co_name)
        for code, line in awaited_frames(task.get_coro())
    ]
    # The student's own line says more than the line inside asyncio.Queue.get.
    place = own_place(frames[::-1])
    source = source_line(place.file, place.line)
    return f"{where(place.file, place.line)} in {place.function}" + (
        f": {source}" if source else ""
    )


def awaited_frames(awaited: Any) -> Iterator[tuple[CodeType, int]]:
    """Walk from a task's coroutine inwards along what each one awaits: (code, line)."""
    while awaited is not None:
        for prefix in ("cr", "ag", "gi"):
            frame = getattr(awaited, f"{prefix}_frame", None)
            if frame is not None:
                yield frame.f_code, frame.f_lineno
                break
        awaited = (
            getattr(awaited, "cr_await", None)
            or getattr(awaited, "ag_await", None)
            or getattr(awaited, "gi_yieldfrom", None)
            or _wrapped(awaited)
        )


def _wrapped(awaited: Any) -> Any:
    """Look through what `__await__` and `anext` return: C objects that hold a coroutine but do not show it."""
    if type(awaited).__name__ not in ("coroutine_wrapper", "async_generator_asend"):
        return None
    inner = (inspect.iscoroutine, inspect.isasyncgen)
    return next(
        (ref for ref in gc.get_referents(awaited) if any(is_a(ref) for is_a in inner)), None
    )
