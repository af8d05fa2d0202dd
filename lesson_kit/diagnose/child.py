"""The child process: it runs the code under test, and writes down what it saw, line by line.

A line is a JSON list: ["stage", name], ["saw", probe, figures], ["stuck", ...], ["end"]. Whatever the code does to this
process, the lines written so far stay.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..clock import run
from ..clock.waiting import describe_tasks
from ..frames import Place, own_place, source_line, stack
from .case import Case
from .load import NoServer, find_server, import_file
from .probes import PROBES
from .reader import PATIENCE
from .senses import Senses, describe
from .stage import Stage

__all__ = ["perform"]

Emit = Callable[..., None]
# Real seconds without a sign of life from the loop, after which it counts as stuck.
STUCK = 1.5
# Taken now: the stage puts a stand-in there.
_sleep = time.sleep


def perform(job: dict[str, Any]) -> None:
    """Do one job.

    "folder", "module" and "name" say what to run, "results" names the file to write to; "limit", "enough" (real
    seconds), "skip" and "spare" (probes) bound the work.
    """
    with open(job["results"], "a", encoding="utf-8", buffering=1) as results:

        def emit(*entry: Any) -> None:
            results.write(json.dumps(entry, default=str) + "\n")

        _quiet()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            _perform(job, emit)
        emit("end")


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _perform(job: dict[str, Any], emit: Emit) -> None:
    stage, senses = Stage(), Senses()
    guard = Guard(emit, job["limit"])
    guard.start()
    stage.set_up()
    senses.set_up()
    try:
        guard.stage = "import"
        emit("stage", "import")
        module = import_file(job["folder"], job["module"])
        guard.stage = "construction"
        emit("stage", "construction")
        cls, make = find_server(module, job["name"])
        make()
        emit("class", cls.__name__, sys.modules[cls.__module__].__file__)
        run(_probe_all(Case(cls, make, stage, senses), guard, emit, job))
    except NoServer as error:
        emit("no_server", str(error))
    except BaseException as error:
        emit("broken", guard.stage, describe(error))


async def _probe_all(case: Case, guard: Guard, emit: Emit, job: dict[str, Any]) -> None:
    # While a timer is set, the virtual clock never calls a wait for nothing a deadlock: the reader's patience ends it.
    heart = asyncio.create_task(asyncio.sleep(1e9))
    guard.loop = asyncio.get_running_loop()
    for name, probe in PROBES.items():
        spent = time.monotonic() - guard.began
        if name in job["skip"] or (spent > job["enough"] and name in job["spare"]):
            continue
        guard.stage = name
        emit("stage", name)
        try:
            # In a task of its own: a cancel that the code under test sends astray ends this probe only.
            task = asyncio.create_task(probe(case))
            done, _ = await asyncio.wait({task}, timeout=4 * PATIENCE)
            emit("saw", name, task.result() if done else {"lost": "no end in sight"})
        except (Exception, asyncio.CancelledError) as error:
            emit("saw", name, {"lost": f"{type(error).__name__}: {error}", **describe(error)})
        others = asyncio.all_tasks() - {heart, asyncio.current_task()}
        for other in others:
            other.cancel()
        if others:
            await asyncio.wait(others, timeout=60)
    guard.loop = None
    heart.cancel()
    gc.collect()


class Guard(threading.Thread):
    """Ends this process when the code holds the loop, or takes too long; says first where it was."""

    def __init__(self, emit: Emit, limit: float) -> None:
        super().__init__(name="lesson-kit-guard", daemon=True)
        self.stage = "start"
        self.loop: asyncio.AbstractEventLoop | None = None
        self._emit, self._limit = emit, limit
        self.began = time.monotonic()
        self._watched = threading.get_ident()
        self._answered = threading.Event()

    def run(self) -> None:
        ends = self.began + self._limit
        while time.monotonic() < ends:
            loop = self.loop
            if loop is None:
                _sleep(0.05)
                continue
            self._answered.clear()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._answered.set)
                if not self._answered.wait(STUCK) and self.loop is not None:
                    self._look_closer()
            _sleep(0.1)
        self._leave("slow")

    def _look_closer(self) -> None:
        """Look ten times: code that holds the loop is always in one function of its own. A busy machine is not."""
        places = []
        for _ in range(10):
            if self._answered.wait(0.05):
                return
            places.append(own_place(stack(sys._current_frames().get(self._watched))))
        (function, own), times = Counter((p.function, p.own) for p in places).most_common(1)[0]
        if own and times >= 8:
            lines = Counter(p for p in places if p.function == function)
            self._leave("blocked", lines.most_common(1)[0][0])

    def _leave(self, why: str, place: Place | None = None) -> None:
        looks = 0
        while place is None or (
            not place.own and looks < 50
        ):  # busy code is not always in its own lines
            looks += 1
            _sleep(0.005)
            place = own_place(stack(sys._current_frames().get(self._watched)))
        source = source_line(place.file, place.line) if place.own else ""
        if not place.own and self.loop is not None:
            # Code that awaits all the time and never gets anywhere: its tasks know their lines.
            with contextlib.suppress(RuntimeError):
                source = " ".join(describe_tasks(self.loop).split())[:400]
        self._emit("stuck", why, self.stage, place.file, place.line, place.own, source)
        os._exit(0)


def main() -> None:
    """Do the job whose file is named on the command line: for systems without fork."""
    perform(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
