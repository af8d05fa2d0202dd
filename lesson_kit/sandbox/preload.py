"""The preloaded process: it has the act and the SDKs in memory, and forks a child for each job.

It holds no checks, no answers and no work of others, for all that it knows its children know. On stdin comes a job per
line, on stdout goes how it ended: a line of facts, then the bytes that the child sent.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any, cast

from . import hugepages, namespaces, privileges, reach, rlimits
from .child import Act, Sheltered
from .fork import run_in_child, try_walls
from .walls import Walls

__all__ = ["load", "serve"]


def load(dotted: str) -> Act:
    """Import the act ("package.module:function") and warm its module up, if that has a `warm_up()`."""
    module_name, _, function = dotted.partition(":")
    module = importlib.import_module(module_name)
    if warm_up := getattr(module, "warm_up", None):
        warm_up()
    return cast(Act, getattr(module, function))


def serve(dotted: str, walls: Walls, scratch: str) -> None:
    """Be the preloaded process, until stdin ends. `scratch` is an empty folder for the jobs, one after the other."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    gc.disable()  # until all is loaded
    inside = walls.namespaces and _move_in((jobs, answers))
    with contextlib.suppress(OSError):
        privileges.adopt_orphans()
    try:
        act = load(dotted)
    except BaseException as error:
        told = "".join(traceback.format_exception_only(error)).strip()
        _answer(answers, {"broken": f"{dotted} cannot be loaded: {told}"})
        return
    # What is in memory now is never collected: a child that looks through it would copy every page. Nor was it before: what
    # is thrown away leaves holes, and each that a child fills is a page to copy (a tenth of all; docs.python.org, gc.freeze).
    gc.freeze()
    gc.enable()
    hugepages.collapse()
    sys.path[:] = reach.importable()
    wanted = Walls.of([name for name in walls.names if inside or name != "namespaces"])
    where = Sheltered(wanted, reach.readable(), scratch, rlimits.present_size())
    where = replace(where, walls=Walls.of(try_walls(where)))
    _answer(answers, {"walls": where.walls.names})
    # A reader that reads ahead would hide from the watch that the judge has gone; a job is a line, and comes alone.
    with contextlib.suppress(EOFError):  # the judge has gone while a job was running
        while _do_next(act, where, jobs, answers):
            pass


def _do_next(act: Act, where: Sheltered, jobs: IO[bytes], answers: IO[bytes]) -> bool:
    """Do one job; returns whether there was one. A function, so that no later child finds what is left of it."""
    line = jobs.readline()
    if not line:
        return False
    job = json.loads(line)
    with _scratch(where, job["limits"]["files"]) as folder:
        place = replace(where, scratch=folder, present=rlimits.present_size())
        facts = run_in_child(act, job, place, jobs.fileno())
    answers.write(facts.header() + facts.sent)
    answers.flush()
    return True


def _answer(answers: IO[bytes], value: dict[str, Any]) -> None:
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


def _move_in(pipes: tuple[IO[bytes], ...]) -> bool:
    """Move into new namespaces, where this is process 1; returns whether the system let it.

    The process outside only waits: both end together, whichever is killed.
    """
    # Python's own files, its packages and this kit must still be readable for a user without any privilege.
    if not namespaces.usable([os.__file__, json.__file__, __file__, *reach.libraries()]):
        return False
    namespaces.enter()
    pid = os.fork()
    if pid:
        for pipe in pipes:
            os.close(pipe.fileno())
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
    privileges.die_with_parent()
    return True


@contextlib.contextmanager
def _scratch(where: Sheltered, size: int) -> Iterator[str]:
    """A fresh folder for one job: a small disk where that can be had, else a folder that is removed afterwards."""
    disk = None
    if where.walls.namespaces:
        with contextlib.suppress(OSError):
            disk = namespaces.Disk(where.scratch, size)
    if disk:
        try:
            yield where.scratch
        finally:
            disk.take_away()
        return
    folder = tempfile.mkdtemp(dir=where.scratch)
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: str) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # a guest nested a thousand folders; rm can do that
        subprocess.run(["rm", "-rf", "--", folder], check=False, stderr=subprocess.DEVNULL)


def main() -> None:
    """Serve, with what the command line says: the act, the names of the walls, the scratch folder."""
    scratch = os.path.realpath(sys.argv[3])
    try:
        serve(sys.argv[1], Walls.of(sys.argv[2].split(",")), scratch)
    finally:
        with contextlib.suppress(OSError):  # a judge that was killed does not remove it
            os.rmdir(scratch)
