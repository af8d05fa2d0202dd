"""How long grading takes: generated submissions, half of them right, each timed."""

from __future__ import annotations

import contextlib
import importlib
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..grader import Exercise, find_exercise
from ..grader.catalog import checks_folder
from ..workshop.claims import made_of
from .collecting import collect
from .grading import grade_all, processes

__all__ = ["HEAD", "Timing", "bench", "computed", "largest", "solution_of"]


@dataclass(frozen=True)
class Timing:
    """What a batch took: real seconds (median and 95th percentile of one submission; all), memory of all processes."""

    tool: str
    submissions: int
    median: float
    p95: float
    total: float
    cpu: float
    mib: float
    note: str = ""

    def row(self) -> str:
        return (
            f"{self.tool:22} {self.submissions:5}  {self.median * 1000:9.1f} ms  {self.p95 * 1000:9.1f} ms  {self.total:8.1f} s"
            f"  {self.cpu / max(1, self.submissions) * 1000:9.1f} ms  {self.mib:6.0f} MiB  {self.note}"
        )


HEAD = (
    f"{'':22} {'n':>5}  {'median':>12}  {'95 %':>12}  {'all':>10}  {'CPU each':>12}  {'memory':>10}"
)


def answers(exercise: Exercise, solution: str) -> list[str]:
    """Give a class's answers: half of them right, half wrong in the ways of the exercise's own bank."""
    wrong = [made_of(one, solution) for one in exercise.wrong]
    right = [solution, *(made_of(one, solution) for one in exercise.right)]
    pairs = zip(wrong, (right * len(wrong))[: len(wrong)], strict=True)
    return [source for pair in pairs for source in pair if source]


def bench(submissions: int, workers: int, *, exercise: str = "ex03") -> Timing:
    """Grade generated submissions with processes of this machine; the start of the workers is counted."""
    asked = find_exercise(exercise)
    sources = answers(asked, solution_of(asked.name))
    with tempfile.TemporaryDirectory() as place:
        for number in range(submissions):
            file = Path(place, f"student {number:05}", f"{asked.name}.py")
            file.parent.mkdir()
            file.write_text(sources[number % len(sources)], encoding="utf-8")
        before, began = computed(), time.monotonic()
        found = collect([Path(place)], {asked.name: asked.defines}).submissions
        records, used, held = [], 0.0, 0.0
        for record in grade_all(
            found,
            seed=1,
            checks=str(checks_folder()),
            executors=processes(workers),
            workers=workers,
        ):
            records.append(record)
            if len(records) == len(
                found
            ):  # now, while the workers are there: who is gone is counted nowhere
                used, held = computed() - before, largest()
        total = time.monotonic() - began
    each = sorted(record.seconds for record in records)
    passed = sum(record.status == "passed" for record in records)
    return Timing(
        f"lesson-kit grade ({workers})",
        len(records),
        median(each),
        each[int(len(each) * 0.95)],
        total,
        used,
        held,
        f"{passed} passed; {records[0].isolation}",
    )


def solution_of(name: str) -> str:
    """Give the answer cell of a solution's notebook."""
    path = checks_folder().parent.parent / "solutions" / f"{name}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    [answer] = [cell for cell in cells if "answer" in cell["metadata"].get("tags", [])]
    return "".join(answer["source"])


def computed() -> float:
    """Give the seconds that this process, and all below it, have computed."""
    psutil: Any = importlib.import_module("psutil")  # comes with the notebook kernel

    total = 0.0
    here = psutil.Process()
    for process in (here, *here.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def largest(*, with_this: bool = True) -> float:
    """Give the memory of all processes below this one, and of this, in MiB (what they share is counted once)."""
    psutil: Any = importlib.import_module("psutil")

    here = psutil.Process()
    found = 0
    for process in (*([here] if with_this else []), *here.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            found += process.memory_full_info().pss
    return found / 2**20
