"""A process that has the SDKs loaded and forks a child for each server to diagnose.

The SDKs take seconds to import, the probes half a second. The code under test runs in the children only: this process
stays as it was. Where there is no fork (Windows) each child is a fresh Python.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

from .offspring import LOOK, Offspring
from .pulse import Pulse

__all__ = ["Nursery", "shared"]

_KIT = Path(__file__).parent.parent.parent


@cache
def shared() -> Nursery:
    """Return the one nursery of this process."""
    return Nursery()


class Nursery:
    """Hands jobs to child processes, one at a time; starts with the first, ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Let it load the SDKs, while this process does something else."""
        with self._lock:
            self._running()

    def do(self, job: dict[str, Any]) -> str:
        """Have a job done; returns how the child ended: "exit 0", "signal 9", "killed after 8 s"."""
        with self._lock:
            try:
                # Twice: the process may have been ended by somebody since the last job.
                ending = self._hand_over(job) or self._hand_over(job)
            except BaseException:
                self._end()  # its answer to this job must not be taken for that to the next
                raise
        return ending or "the process that starts the children has died"

    def _hand_over(self, job: dict[str, Any]) -> str:
        process = self._running()
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            if ending := process.stdout.readline().strip():
                return ending
        self._end()
        return ""

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lesson_kit.diagnose"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                text=True,
            )
            atexit.register(self._end)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self._end)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """Leave out everything that looks like a secret: the code under test is a guest."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD"))
    }
    env |= {"OPENAI_API_KEY": "no-key", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    env["LESSON_KIT_MODEL"] = "offline"
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_KIT), env.get("PYTHONPATH")]))
    return env


def serve() -> None:
    """Be the nursery: a job per line on stdin, how it ended per line on stdout."""
    from .imports import load_mcp

    load_mcp()
    from . import child  # noqa: F401  # here, and not in each child
    from .warming import warm_up

    warm_up()
    gc.freeze()
    gc.enable()
    # Out of reach of the children: a guest that writes to stdout must not answer in our place.
    jobs, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    for line in jobs:
        job = json.loads(line)
        ending = _fork(job, (jobs, answers)) if hasattr(os, "fork") else _spawn(job)
        answers.write(ending + "\n")
        answers.flush()


def _fork(job: dict[str, Any], pipes: tuple[Any, ...]) -> str:
    """Have a job done by a child; where that is slow, with help: waits go well together, two cores as well."""
    from .child import perform, side_by_side

    def born(told: dict[str, Any]) -> Offspring:
        def work(pulse: Pulse) -> None:
            for pipe in pipes:
                os.close(pipe.fileno())
            perform(told, pulse)

        return Offspring(work, job["words"])

    children = [born(job)]
    try:
        while any([not child.look() for child in children]):  # noqa: C419  # look after each of them
            if children[0].ending and not children[0].pulse.done:
                break  # what the others do is of no use any more
            if children[0].pulse.slow and len(children) == 1:
                children += [born(job | {"only": group}) for group in side_by_side(job)]
            time.sleep(LOOK)
    finally:
        for child in children:
            child.end("exit 0")
    return next((child.ending for child in children if child.ending != "exit 0"), "exit 0")


def _spawn(job: dict[str, Any]) -> str:
    file = Path(job["results"]).with_suffix(".job")
    file.write_text(json.dumps(job), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lesson_kit.diagnose", str(file)],
            timeout=job["limit"] + 15,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"killed after {job['limit'] + 15:g} s"
    return f"exit {done.returncode}"
