"""Other autograders on the same answer: nbgrader and otter, where they are installed (the extra `peers`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ..grader import find_exercise
from .bench import Timing, computed, largest, solution_of

__all__ = ["peers"]

# They run in real time, so one plain check is what they get: two seconds of thinking, then the text.
_TESTS = """
import asyncio
from lesson_kit.script import Reply, Script
from lesson_kit.store import MemoryStore
from lesson_kit.conversation import talk

def shown():
    async def main():
        model = Script(Reply([" a"] * 12, thinking=2.0)).model()
        return (await talk({name}(model, MemoryStore()), "Why?"))[0].text
    from concurrent.futures import ThreadPoolExecutor
    return ThreadPoolExecutor(1).submit(asyncio.run, main()).result()
"""
_LONGEST = 300.0
# Seconds between two looks at its memory.
_EVERY = 0.25


def peers(submissions: int, *, exercise: str = "ex03") -> list[Timing]:
    """Time `nbgrader autograde` and `otter run`, each on so many right answers with three checks in real time."""
    asked = find_exercise(exercise)
    tests = _TESTS.replace("{name}", asked.defines[0])
    found = []
    for tool, run in (("nbgrader autograde", _nbgrader), ("otter run", _otter)):
        if shutil.which(tool.split()[0], path=str(Path(sys.executable).parent)) is None:
            note = "not installed: python -m pip install nbgrader otter-grader"
            found.append(Timing(tool, 0, 0.0, 0.0, 0.0, 0.0, 0.0, note))
            continue
        with tempfile.TemporaryDirectory() as place:
            before, began = computed(), time.monotonic()
            taken = run(Path(place), solution_of(asked.name), tests, submissions)
            total = time.monotonic() - began
        each = sorted(seconds for seconds, _ in taken)
        used, most = computed() - before, max(memory for _, memory in taken)
        found.append(Timing(tool, submissions, median(each), each[-1], total, used, most))
    return found


def _book(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    return json.dumps(made)


def _cell(name: str, source: str, **facts: Any) -> dict[str, Any]:
    metadata = {"nbgrader": facts} if facts else {}
    return {"cell_type": "code", "id": name, "source": source, "metadata": metadata, "outputs": [], "execution_count": None}  # fmt: skip


def _nbgrader(place: Path, source: str, tests: str, many: int) -> Sequence[tuple[float, float]]:
    plain = {"schema_version": 3, "task": False}
    answer = _cell("answer", source, **plain, grade_id="answer", solution=True, grade=False, locked=False)  # fmt: skip
    checks = [
        _cell(f"t{k}", f"{tests}\nassert shown()", **plain, grade_id=f"t{k}", solution=False, grade=True, locked=True, points=1)
        for k in range(3)
    ]  # fmt: skip
    for folder in ("source/one", *(f"submitted/s{k}/one" for k in range(many))):
        path = place / folder / "one.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(_book(answer, *checks), encoding="utf-8")
    nbgrader = [sys.executable, "-m", "nbgrader"]
    _timed([*nbgrader, "generate_assignment", "one", "--force"], place)
    return [
        _timed([*nbgrader, "autograde", "one", "--student", f"s{k}"], place) for k in range(many)
    ]


def _otter(place: Path, source: str, tests: str, many: int) -> Sequence[tuple[float, float]]:
    (place / "tests").mkdir()
    for k in range(3):
        test = f'from otter.test_files import test_case\n\nOK_FORMAT = False\nname = "q{k}"\npoints = 1\n'
        inside = "\n".join(f"    {line}" for line in tests.splitlines())
        test += f"\n@test_case()\ndef test_q{k}(ThinkingServer):\n{inside}\n    assert shown()\n"
        (place / "tests" / f"q{k}.py").write_text(test, encoding="utf-8")
    (place / "one.ipynb").write_text(_book(_cell("answer", source)), encoding="utf-8")
    otter = [sys.executable, "-m", "otter"]
    _timed([*otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], place)
    return [_timed([*otter, "run", "one.ipynb"], place) for _ in range(many)]


def _timed(command: Sequence[str], place: Path) -> tuple[float, float]:
    """Run a command; gives the seconds that it took, and the most memory that it had, in MiB."""
    began, most = time.monotonic(), 0.0
    # nbgrader calls alembic by its bare name.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    with (
        (place / "said.txt").open("w+", errors="replace") as said,
        subprocess.Popen(
            command, cwd=place, stdout=said, stderr=said, env=os.environ | {"PATH": path}
        ) as running,
    ):
        while running.poll() is None:
            most = max(most, largest(with_this=False))
            if time.monotonic() - began > _LONGEST:
                running.kill()
                raise RuntimeError(f"{' '.join(command[1:4])} did not end in {_LONGEST:.0f} s")
            time.sleep(_EVERY)
        said.seek(0)
        if running.returncode:
            raise RuntimeError(f"{' '.join(command[1:4])} failed: {said.read()[-500:]}")
    return time.monotonic() - began, most
