"""Virtual time for asyncio: `run(main())` jumps over every wait.

The loop's clock stands still while tasks run and jumps to the next timer when all of them wait. So 13 simulated
seconds of streaming take a few milliseconds, and come out the same on every run. Nothing is patched: the code
under test awaits `asyncio.sleep` and reads `loop.time()` as it would anywhere.

What it is not: a faster CPU. Code that blocks the loop (`time.sleep`) blocks it for real, and `time.monotonic`
stays real. Work outside the loop (threads, sockets) happens in real time, and the clock waits for it: see `pace.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

from .pace import Deadlock, PacedSelector

__all__ = ["Deadlock", "off_the_clock", "run"]

T = TypeVar("T")

# How long (real seconds) an interrupted run may take to clean up before it is left behind.
CLEAN_UP = 5.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` is virtual: seconds since the run began, exact to the nanosecond."""

    def __init__(self) -> None:
        self._paced = PacedSelector(self)
        super().__init__(self._paced)
        # Timers due within this tick count as due. Without this, rounding a float to whole nanoseconds
        # could leave a timer "in the future" by less than we can represent: a busy loop.
        self._clock_resolution = 0.6e-9
        self._asked_before: tuple[Any, ...] = ()

    def time(self) -> float:
        return self._paced.now_ns / 1e9

    def call_at(  # type: ignore[override]  # as above
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        # anyio sets the same timer anew as long as its deadline is later than now, be it by the last bit of a float;
        # and within a tick the clock never moves. The next tick is past every such deadline.
        if when > self.time() and round(when * 1e9) <= self._paced.now_ns:
            request = (when, callback, args)
            if request == self._asked_before:
                when = (self._paced.now_ns + 1) / 1e9
            self._asked_before = request
        return super().call_at(when, callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]  # typeshed's TypeVarTuple form says the same at three times the length
        self, executor: Executor | None, func: Any, *args: Any
    ) -> Any:
        return self._paced.work_begins(super().run_in_executor(executor, func, *args))

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:  # type: ignore[override]  # as above
        self._paced.hears_signals = True
        super().add_signal_handler(sig, callback, *args)

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        # CPython joins its worker threads from a plain thread that the selector cannot see, and from
        # 3.12 on it guards that with a 300 s timer, which virtual time would jump to at once.
        with off_the_clock():
            await super().shutdown_default_executor()


@contextlib.contextmanager
def off_the_clock() -> Iterator[None]:
    """Let real work in here take no virtual time.

    For work that a plain thread does on behalf of the loop, such as a database driver's: the clock stands still
    until it is back. On an ordinary loop this does nothing.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop._paced.frozen += 1
    try:
        yield
    finally:
        loop._paced.frozen -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time; return its result or raise its error.

    Works from plain Python and from a notebook cell, whose own loop is running: then the new loop runs in a thread
    of its own, while the caller waits. Tasks left over are cancelled, as `asyncio.run` does.

    Raises `Deadlock` when every task waits and nothing can wake one, and `TypeError` when `main` is no coroutine.
    """
    if not asyncio.iscoroutine(main):
        raise TypeError(
            f"run() expected a coroutine such as main(), but got {type(main).__name__!r}. "
            "Call your async function, and pass what it returns: run(main())."
        )
    return _run_beside(main) if _loop_runs_here() else _run_here(main, VirtualLoop())


def _loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run_here(main: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)


def _run_beside(main: Coroutine[Any, Any, T]) -> T:
    """Run on a second thread: Python allows one running loop per thread, and a notebook's is taken."""
    loop = VirtualLoop()
    outcome: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(_run_here(main, loop))
        except BaseException as error:
            errors.append(error)

    # The caller's context goes along, so that printing from the thread still reaches the caller's cell.
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run, args=(target,), name="lesson-kit-clock", daemon=True
    )
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        with contextlib.suppress(RuntimeError):  # the loop may have closed this instant
            loop.call_soon_threadsafe(_cancel_all, loop)
        thread.join(CLEAN_UP)
        raise
    if errors:
        raise errors[0]
    return outcome[0]


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
