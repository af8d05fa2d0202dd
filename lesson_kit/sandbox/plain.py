"""A fresh Python per job, for systems without fork: slow, and not isolated."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

from . import reach
from .child import Sheltered, perform
from .environment import GUEST, of_the_preloaded
from .facts import Facts
from .lastwords import place_in
from .preload import load
from .walls import Walls

__all__ = ["run_afresh"]

# Loading is no part of the job: the child says when it begins. Then the last words have this long to come through.
_LOADING, _GRACE = 120.0, 1.0
_WORDS, _ENOUGH = 64 * 1024, 32 * 1024
_READY = b"ready\n"


def run_afresh(act: str, job: dict[str, Any]) -> Facts:
    """Run a job in a Python of its own, and kill that when it takes too long."""
    with tempfile.TemporaryDirectory(prefix="lesson-kit-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lesson_kit.sandbox", "--once", act],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=of_the_preloaded(),
            cwd=folder,
            start_new_session=True,
        )
        try:
            return _see_through(process, job | {"scratch": folder})
        finally:
            _kill(process)
            process.wait()
            if process.stdin:
                process.stdin.close()


def _see_through(process: subprocess.Popen[bytes], job: dict[str, Any]) -> Facts:
    assert process.stdin
    assert process.stdout
    assert process.stderr
    limits = job["limits"]
    sent = _Reader(process.stdout, limits["output"], _READY)
    words = _Reader(process.stderr, _WORDS, b"")
    try:
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
    except OSError:
        pass  # ended already: its exit code says more
    sent.ready.wait(_LOADING)
    began = time.monotonic()
    killed = ""
    while process.poll() is None and not killed:
        if sent.full:
            killed = "output"
        elif words.names(job["name"]) or len(words.data) > _ENOUGH:
            killed = "asleep" if b"Timeout (" in words.data else "cpu"
        elif time.monotonic() - began > limits["wall"] + _GRACE:
            killed = "wall"
        else:
            words.news.wait(0.02)
            words.news.clear()
    _kill(process)
    code = process.wait()
    seconds = time.monotonic() - began
    return Facts(code, killed, words.text(), seconds, 0.0, sent.all())


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):  # with what it started
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


class _Reader(threading.Thread):
    """Reads a pipe to its end, keeps at most `limit` bytes, and notes when `opening` has come through.

    It closes the pipe itself: closed by somebody else in the middle of a read, its number could be another file's.
    """

    def __init__(self, pipe: IO[bytes], limit: int, opening: bytes) -> None:
        super().__init__(daemon=True)
        self._pipe, self._limit, self._opening = pipe, limit, opening
        self.data = bytearray()
        self.ready, self.news = threading.Event(), threading.Event()
        self.full = False
        self.start()

    def run(self) -> None:
        with self._pipe:
            while data := os.read(self._pipe.fileno(), 1 << 16):
                self.full = self.full or len(self.data) + len(data) > self._limit
                self.data += data[: max(0, self._limit - len(self.data))]
                self.news.set()
                if self.data.startswith(self._opening):
                    self.ready.set()
        self.ready.set()

    def names(self, name: str) -> bool:
        return bool(self.data) and place_in(self.text(), name) is not None

    def text(self) -> str:
        return bytes(self.data).decode("ascii", "replace")

    def all(self) -> bytes:
        self.join(1.0)
        return bytes(self.data).removeprefix(self._opening)


def main() -> None:
    """Do the job that comes on stdin, with the act that the command line names."""
    job = json.loads(sys.stdin.buffer.read())
    results, words = os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    act = load(sys.argv[2])
    os.environ.clear()
    os.environ.update(GUEST, TMPDIR=job["scratch"])
    tempfile.tempdir = None
    sys.path[:] = reach.importable()
    where = Sheltered(Walls.none(), reach.readable(), os.path.realpath(job["scratch"]))
    os.write(results, _READY)
    try:
        perform(
            act, job | {"cpu": job["limits"]["cpu"]}, where, [results, words], job["limits"]["wall"]
        )
    finally:
        os._exit(0)
