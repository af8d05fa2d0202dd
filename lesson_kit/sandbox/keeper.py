"""The judge's end of the preloaded process: starts it, hands it jobs, ends it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any, ClassVar

from .environment import of_the_preloaded
from .facts import Facts
from .job import Limits
from .walls import Walls

__all__ = ["Gone", "Keeper", "NotLoaded"]

# Real seconds: loading the SDKs takes some two of them, and a busy machine takes its time.
_LOADING = 120.0
# Beyond a job's own limit: the preloaded process ends its child long before, or is itself in trouble.
_GRACE = 10.0
_LINE = 1 << 20


class Gone(Exception):
    """The preloaded process has ended, or does not answer."""


class NotLoaded(Exception):
    """The act cannot be loaded: that is nobody's answer's fault."""


class Keeper:
    """One preloaded process. Raises `NotLoaded` or `Gone` when it does not come up."""

    # A class attribute, so that many short-lived judges can put a command here that forks what is loaded already.
    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "lesson_kit.sandbox")

    def __init__(self, act: str, walls: Walls) -> None:
        self._pid = os.getpid()
        self._scratch = tempfile.mkdtemp(prefix="lesson-kit-")
        self._unread = b""
        try:
            self._process = self._start(act, walls)
        except BaseException:
            os.rmdir(self._scratch)
            raise
        try:
            ready = json.loads(self._line(time.monotonic() + _LOADING))
            if "broken" in ready:
                raise NotLoaded(ready["broken"])
        except BaseException:
            self.end()
            raise
        self.walls = Walls.of(ready["walls"])

    def _start(self, act: str, walls: Walls) -> subprocess.Popen[bytes]:
        names = ",".join(walls.names)
        return subprocess.Popen(
            [*self.command, act, names, self._scratch],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=of_the_preloaded(),
            cwd=self._scratch,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the judge, which ends it
        )

    @property
    def mine(self) -> bool:
        """Whether this process started it: a forked worker must not talk into its parent's pipes."""
        return self._pid == os.getpid()

    def do(self, job: dict[str, Any]) -> Facts:
        """Have one job done. Raises `Gone`; then, and after any other exception, only `end()` is left to do."""
        assert self._process.stdin
        until = time.monotonic() + Limits(**job["limits"]).longest + _GRACE
        data = memoryview(json.dumps(job).encode() + b"\n")
        try:
            while data:
                data = data[self._process.stdin.write(data) :]
        except OSError as error:
            raise Gone(f"it does not listen: {error}") from None
        header = json.loads(self._line(until))
        return Facts(**header | {"sent": self._bytes(header["sent"], until)})

    def end(self) -> None:
        """End it, with everything that runs below it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        if not self.mine:
            self._process.returncode = (
                0  # not our child: Popen would complain that nobody waited for it
            )
            return
        # It ends by itself when stdin does, and sweeps up; a stuck one is killed.
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > _LINE:
                raise Gone("it sends a line without end")
            self._read(until)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _bytes(self, count: int, until: float) -> bytes:
        chunks, missing = [self._unread], count - len(self._unread)
        self._unread = b""
        while missing > 0:
            self._read(until)
            chunks.append(self._unread)
            missing -= len(self._unread)
            self._unread = b""
        data = b"".join(chunks)
        data, self._unread = data[:count], data[count:]
        return data

    def _read(self, until: float) -> None:
        out = self._process.stdout
        assert out
        poll = select.poll()  # select() knows descriptors below 1024 only
        poll.register(out, select.POLLIN)
        ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
        data = os.read(out.fileno(), _LINE) if ready else b""
        if not data:
            raise Gone("it has ended" if ready else "it does not answer")
        self._unread += data
