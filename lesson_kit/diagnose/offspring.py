"""A forked process that is seen through to its end, also where it can no longer look after itself."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable

from .pulse import Pulse

__all__ = ["LOOK", "WORDS", "Offspring"]

# The signal on which a process writes where it is (child.py).
WORDS = getattr(signal, "SIGPROF", None)
# Real seconds between two looks.
LOOK = 0.01
# Seconds of computing without a beat of the pulse: then C code holds the interpreter, and no guard can look. And
# real seconds, for C code that holds it and sleeps.
_SILENT, _ASLEEP = 1.2, 60.0
# Real seconds in which the system delivers a signal, however busy it is.
_DELIVERED = 3.0


class Offspring:
    """Forks; the new process, in a group of its own, does `work(pulse)` and ends.

    `ending` is how it ended: "exit 0", "signal 9", "killed, ..."; "" as long as it runs. Its guard must keep the pulse
    beating. `words` is the file for its last words.
    """

    def __init__(self, work: Callable[[Pulse], None], words: str) -> None:
        self.pulse, self.ending, self._words = Pulse(), "", words
        self._beats, self._computed, self._since = 0, 0.0, time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.setsid()  # so that processes of its own end with it
                work(self.pulse)
            finally:
                os._exit(0)

    def look(self) -> str:
        """Look after it; returns its ending."""
        if not self.ending:
            done, status = os.waitpid(self._pid, os.WNOHANG)
            if done:
                self._kill_group()
                code = os.waitstatus_to_exitcode(status)
                self.ending = f"exit {code}" if code >= 0 else f"signal {-code}"
            elif self._is_silent():
                self._ask()
                self.end(f"killed, because for {_SILENT:g} s nothing else in its process could run")
        return self.ending

    def end(self, ending: str) -> None:
        """End it now, if it runs."""
        if not self.ending:
            self._kill_group()
            os.waitpid(self._pid, 0)
            self.ending = ending

    def _kill_group(self) -> None:
        for kill in (os.killpg, os.kill):  # before it is its group's leader, there is no group
            with contextlib.suppress(OSError):
                kill(self._pid, signal.SIGKILL)

    def _is_silent(self) -> bool:
        beats, computed, now = self.pulse.beats, self._used(), time.monotonic()
        if beats != self._beats:
            self._beats, self._computed, self._since = beats, computed, now
        return computed - self._computed > _SILENT or now - self._since > _ASLEEP

    def _used(self) -> float:
        """Seconds that the process has computed (clock_getcpuclockid(3)); 0 where the system does not tell."""
        try:
            return time.clock_gettime((~self._pid << 3) | 2)
        except OSError:
            return 0.0

    def _ask(self) -> None:
        """Ask where it is. Python's faulthandler answers from C, so it needs no turn of the interpreter."""
        if WORDS is None:
            return
        with contextlib.suppress(OSError):
            os.kill(self._pid, WORDS)
            until = time.monotonic() + _DELIVERED
            while time.monotonic() < until and not os.path.getsize(self._words):
                time.sleep(LOOK)
            time.sleep(LOOK)  # it writes line by line
