"""The child process: it runs the code under test, and writes down what it saw, line by line.

A line is a JSON list: ["stage", name], ["saw", probe, figures], ["stuck", ...], ["end"]. Whatever the code does to this
process, the lines written so far stay.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..clock import run
from .case import Case
from .facts import FIRST
from .guard import Guard
from .load import NoServer, find_server, import_file
from .offspring import WORDS
from .probes import GROUPS, PROBES
from .pulse import Pulse
from .reader import PATIENCE
from .senses import Senses, describe
from .stage import Stage

__all__ = ["perform", "side_by_side"]

Emit = Callable[..., None]


def perform(job: dict[str, Any], pulse: Pulse) -> None:
    """Do one job.

    "folder", "module" and "name" say what to run, "results" and "words" name the files to write to, "scratch" the
    folder to work in; "limit", "enough" (seconds of this process's own time), "skip" and "spare" (probes) bound the
    work. "only", if given, names the probes to make: a helper's, where the code is slow (see `Pulse`).
    """
    # The author's folder stays as it is. Only now: what the kit itself is made of should be compiled once.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    results = os.open(job["results"], os.O_WRONLY | os.O_APPEND)

    def emit(*entry: Any) -> None:
        # One write for a line: several processes may write to this file.
        os.write(results, json.dumps(entry, default=str).encode() + b"\n")

    _quiet()
    if WORDS is not None:
        words = os.open(job["words"], os.O_WRONLY | os.O_APPEND)
        faulthandler.register(WORDS, words, all_threads=True)
    os.chdir(job["scratch"])
    _perform(job, emit, pulse)
    emit("end", *job.get("only", ()))
    pulse.finish()


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _perform(job: dict[str, Any], emit: Emit, pulse: Pulse) -> None:
    stage, senses = Stage(), Senses()
    guard = Guard(emit, job["limit"], pulse)
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
        run(_probe(Case(cls, make, stage, senses), guard, emit, job, pulse))
    except NoServer as error:
        emit("no_server", str(error))
    except BaseException as error:
        emit("broken", guard.stage, describe(error))


def side_by_side(job: dict[str, Any]) -> list[list[str]]:
    """Group the probes that may find a fault: each group can be made by a process of its own."""
    left_out = {*job["skip"], *job["spare"]}
    groups = [[name for name in group if name not in left_out] for group in GROUPS]
    return [group for group in groups if group]


def _turns(job: dict[str, Any], pulse: Pulse) -> Iterator[str]:
    """Name the probes that are to be made here, in turn."""
    wanted = [name for name in PROBES if name not in job["skip"]]
    if "only" in job:
        wanted = job["only"]
    yield from (name for name in wanted if name in FIRST)
    # Decided now, when the first answer is measured: once others were called, theirs is theirs.
    helped = set().union(*side_by_side(job)) if pulse.slow else set()
    yield from (name for name in wanted if name not in FIRST and name not in helped)


async def _probe(case: Case, guard: Guard, emit: Emit, job: dict[str, Any], pulse: Pulse) -> None:
    # While a timer is set, the virtual clock never calls a wait for nothing a deadlock: the reader's patience ends it.
    heart = asyncio.create_task(asyncio.sleep(1e9))
    guard.loop = asyncio.get_running_loop()
    for name in _turns(job, pulse):
        enough = case.slow or guard.watch.seconds() > job["enough"]
        if enough and name in job["spare"]:
            continue
        guard.stage = name
        emit("stage", name)
        try:
            # In a task of its own: a cancel that the code under test sends astray ends this probe only.
            task = asyncio.create_task(PROBES[name](case))
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
    from .warming import warm_up

    warm_up()
    perform(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Pulse(alone=True))
    os._exit(0)  # the guard's thread does not end, and Python's own ending could fall over it
