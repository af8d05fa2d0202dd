"""The sandbox: one guest after the other, each in a process of its own."""

from __future__ import annotations

import dataclasses
import secrets
import sys
import threading
from types import TracebackType
from typing import Any

from .ending import ending_of
from .facts import Facts
from .job import Ending, Job
from .keeper import Gone, Keeper, NotLoaded
from .plain import run_afresh
from .walls import NOT_ISOLATED, Walls

__all__ = ["Sandbox"]

_SIGKILL = 9
# How often a guest is run that somebody else on this machine ends each time. One that does it to itself does it again.
_TRIES = 4


class Sandbox:
    """Runs guest code in child processes; safe to use from several threads, which take turns.

    `act` is what a guest is put through, "package.module:function", called in the child as
    `act(source, name, payload, emit)`; `emit(value)` sends one JSON value to the judge. The act's module is imported
    once, by a preloaded process; if it has a `warm_up()`, that is called there, once.

    `walls` are those to put up (all, unless told). `fork=False` takes a fresh Python per job, as on systems without
    Linux's fork: slower, and not isolated.

    The first job, or `start()`, starts the preloaded process. Close the sandbox, or use it in a `with`.
    """

    def __init__(
        self,
        *,
        act: str = "lesson_kit.scene.play:act",
        walls: Walls | None = None,
        fork: bool | None = None,
    ) -> None:
        self._act, self._walls = act, walls or Walls()
        self._fork = sys.platform == "linux" if fork is None else fork
        self._lock = threading.Lock()
        self._keeper: Keeper | None = None

    def run(self, job: Job) -> Ending:
        """Run one job. Whatever the guest does, this returns how it ended."""
        token = secrets.token_hex(16)
        told = dataclasses.asdict(job) | {"token": token}
        with self._lock:
            try:
                for _ in range(_TRIES):
                    facts = self._once(told)
                    by_us = facts.killed or facts.cpu >= job.limits.cpu
                    if facts.code != -_SIGKILL or by_us:
                        break
            except (Gone, NotLoaded, OSError) as error:
                return Ending("grader_error", detail=f"the sandbox failed: {error}")
        return ending_of(job, token, facts)

    def start(self) -> None:
        """Start the preloaded process now, if it does not run; raises `RuntimeError` when the act cannot be loaded."""
        with self._lock:
            try:
                if self._fork:
                    self._running()
            except (Gone, NotLoaded, OSError) as error:
                raise RuntimeError(f"the sandbox does not start: {error}") from None

    @property
    def isolation(self) -> str:
        """The walls that really stand, such as "rlimits, namespaces, landlock, seccomp"; or "not isolated".

        They stand between a guest and all others. Between a guest and what is seen of it there is none.
        """
        if not self._fork:
            return NOT_ISOLATED
        self.start()
        keeper = self._keeper
        return str(keeper.walls) if keeper else NOT_ISOLATED

    def close(self) -> None:
        """End the preloaded process and everything below it; a later job starts it anew."""
        with self._lock:
            self._end()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _once(self, job: dict[str, Any]) -> Facts:
        return self._do(job) if self._fork else run_afresh(self._act, job)

    def _do(self, job: dict[str, Any]) -> Facts:
        try:
            try:
                return self._running().do(job)
            except Gone:
                # Somebody ended it, or the machine did. A fresh one gets the job once more.
                self._end()
                return self._running().do(job)
        except BaseException:
            self._end()  # its answer to this job must not be taken for that to the next
            raise

    def _running(self) -> Keeper:
        if self._keeper is not None and not self._keeper.mine:
            self._end()
        if self._keeper is None:
            self._keeper = Keeper(self._act, self._walls)
        return self._keeper

    def _end(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.end()
