"""The child process: it runs the code under test, and writes down what it saw, line by line.

A line is a JSON list: ["stage", name], ["saw", probe, figures], ["stuck", ...], ["end"]. Whatever the code does to this
process, the lines written so far stay.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..clock import run
from .case import Case
from .guard import Guard
from .load import NoServer, find_server, import_file
from .probes import PROBES
from .reader import PATIENCE
from .senses import Senses, describe
from .stage import Stage

__all__ = ["perform"]

Emit = Callable[..., None]


def perform(job: dict[str, Any]) -> None:
    """Do one job.

    "folder", "module" and "name" say what to run, "results" names the file to write to; "limit", "enough"
    (seconds of this process's own time), "skip" and "spare" (probes) bound the work.
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
        enough = case.slow or guard.watch.seconds() > job["enough"]
        if name in job["skip"] or (enough and name in job["spare"]):
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


def main() -> None:
    """Do the job whose file is named on the command line: for systems without fork."""
    perform(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
