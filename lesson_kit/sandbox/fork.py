"""One guest in one forked process: started, watched, ended, swept up after."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from typing import Any

from . import namespaces
from .child import Act, Sheltered, perform, settle
from .facts import Facts
from .job import Limits
from .lastwords import SIGNAL, place_in
from .orphans import sweep
from .runnable import is_running

__all__ = ["run_in_child", "try_walls"]

# Bytes of last words that are kept: some ten looks at every thread.
WORDS = 64 * 1024
# How long to wait for last words: seconds of its computing, of real time while it sleeps, of real time at all.
_MORE, _PATIENCE, _LONGEST = 0.06, 0.3, 5.0
# At the wall limit: for how long to look whether it computes, and what counts as computing.
_WINDOW, _AWAKE = 0.1, 0.005
_CHUNK = 1 << 16


def run_in_child(act: Act, job: dict[str, Any], where: Sheltered, judge: int) -> Facts:
    """Fork a child for a job and see it through. `judge` is the descriptor whose end of file means: nobody waits."""
    limits = Limits(**job["limits"])
    watch = _Watch(limits, job["name"], judge)
    results, words = os.pipe(), os.pipe()
    try:
        pid = _fork(where)
        if pid == 0:
            try:
                _, descriptors = settle(where, limits, (results[1], words[1]))
                perform(act, job | {"cpu": limits.cpu}, where, descriptors, None)
            finally:
                os._exit(0)
        os.close(results[1])
        os.close(words[1])
        return watch.see_through(pid, results[0], words[0])
    finally:
        os.close(results[0])
        os.close(words[0])


def try_walls(where: Sheltered) -> list[str]:
    """Put up the walls in a child that does nothing else; returns those that stood."""
    ours, its = os.pipe()
    pid = _fork(where)
    if pid == 0:
        try:
            standing, (answer,) = settle(where, Limits(), (its,))
            os.write(answer, ",".join(standing).encode())
        finally:
            os._exit(0)
    os.close(its)
    with os.fdopen(ours, "rb") as answers:
        text = answers.read().decode()
    os.waitpid(pid, 0)
    return [name for name in text.split(",") if name]


def _fork(where: Sheltered) -> int:
    if where.walls.namespaces:
        with contextlib.suppress(OSError):  # too many of them on this machine
            return namespaces.fork()
    return os.fork()


class _Watch:
    """Reads what a child sends and says, within its limits, until it has ended."""

    def __init__(self, limits: Limits, name: str, judge: int) -> None:
        self._limits, self._name, self._judge = limits, name, judge
        self._began = time.monotonic()
        self._buffers: dict[int, bytearray] = {}
        self._killed = ""

    def see_through(self, pid: int, results: int, words: int) -> Facts:
        handle = os.pidfd_open(pid)
        self._buffers = {results: bytearray(), words: bytearray()}
        self._results, self._words, self._pid, self._handle = results, words, pid, handle
        # The clock of a process's computing time, as clock_getcpuclockid(3) makes it.
        self._clock = (~pid << 3) | 2
        with selectors.EpollSelector() as selector:
            self._selector = selector
            for descriptor in (results, words):
                os.set_blocking(descriptor, False)
            for descriptor in (results, words, handle, self._judge):
                selector.register(descriptor, selectors.EVENT_READ)
            try:
                self._watch()
            finally:
                _, status, usage = _end(pid)
                os.close(handle)
        self._drain()
        sweep()
        return Facts(
            os.waitstatus_to_exitcode(status),
            self._killed,
            bytes(self._buffers[words]).decode("ascii", "replace"),
            time.monotonic() - self._began,
            usage.ru_utime + usage.ru_stime,
            bytes(self._buffers[results]),
        )

    def _watch(self) -> None:
        wall, last = self._began + self._limits.wall, self._began + self._limits.longest
        while True:
            used = self._computed()
            now = time.monotonic()
            if used > self._limits.cpu:
                self._killed = "cpu"
                self._listen()
                return
            if now >= wall:
                if self._look_closer(last):
                    return
                continue
            # A process with several threads computes faster than the clock runs: so look again after half.
            rest = max(0.02, (self._limits.cpu - used) / 2 + 0.01)
            if self._wait(min(rest, wall - now)):
                return

    def _listen(self) -> None:
        """Ask for last words until they name a line of the guest, or it is plain that they never will."""
        assert SIGNAL is not None
        began, used = time.monotonic(), self._computed()
        while not self._has_place():
            with contextlib.suppress(OSError):
                os.kill(self._pid, SIGNAL)
            waited = time.monotonic() - began
            if self._wait(0.02) or waited > _LONGEST or self._computed() - used > _MORE:
                return
            if waited > _PATIENCE and not is_running(self._handle):
                return

    def _look_closer(self, last: float) -> bool:
        """See whether a process past its wall limit sleeps; ask it where, and return True, if it is to be ended."""
        before, awake = self._computed(), False
        ends = time.monotonic() + _WINDOW
        while (rest := ends - time.monotonic()) > 0:
            if self._wait(min(rest, _WINDOW / 5)):
                return True
            awake = awake or is_running(self._handle)
        if awake or self._computed() - before > _AWAKE:
            if time.monotonic() < last:
                return False  # not its fault: the machine is busy
            self._killed = "wall"
        else:
            self._killed = "asleep"
        self._listen()
        return True

    def _has_place(self) -> bool:
        words = bytes(self._buffers[self._words]).decode("ascii", "replace")
        return place_in(words, self._name) is not None

    def _computed(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0  # ended just now

    def _wait(self, seconds: float) -> bool:
        """Take in what comes within some seconds; returns whether the process is to be ended, or has."""
        over = False
        for key, _ in self._selector.select(max(0.0, seconds)):
            if key.fd == self._handle:
                over = True
            elif key.fd == self._judge:
                raise EOFError  # the judge speaks only when no job runs: so it has gone
            elif not self._take(key.fd):
                self._selector.unregister(key.fd)
        if len(self._buffers[self._results]) > self._limits.output:
            self._killed = "output"
            over = True
        return over

    def _take(self, descriptor: int) -> bool:
        """Read once; returns whether there may be more."""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return True
        buffer = self._buffers[descriptor]
        if descriptor != self._words or len(buffer) < WORDS:
            buffer += data
        return bool(data)

    def _drain(self) -> None:
        """Take in what a process left in its pipes: they are small, so this ends."""
        for descriptor in (self._results, self._words):
            for _ in range(1 + (1 << 20) // _CHUNK):
                before = len(self._buffers[descriptor])
                if not self._take(descriptor) or len(self._buffers[descriptor]) == before:
                    break


def _end(pid: int) -> tuple[int, int, Any]:
    """End the process with its group, and collect it."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    return os.wait4(pid, 0)
