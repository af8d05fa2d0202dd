"""kill -9 of a worker, then of the judge: gone on with, the grades are those of a quiet run."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lesson_kit.gradebook import Journal, Record, collect, grade_all
from lesson_kit.gradebook.bench import answers
from lesson_kit.grader import find_exercise
from lesson_kit.grader.catalog import checks_folder
from tests.gradebook.serial import Serial
from tests.grading import ROOT, NoWalls, solution
from tests.sandbox.processes import below

EX03 = "ex03_thinking_indicator"
CODE = "from lesson_kit.cli import main\nif __name__ == '__main__': main()"
STUDENTS = 30

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


def class_of(folder: Path) -> None:
    sources = answers(find_exercise("ex03"), solution("ex03"))[:16]
    for number in range(STUDENTS):
        file = folder / f"student {number:03}" / "ex03.py"
        file.parent.mkdir(parents=True)
        file.write_text(sources[number % len(sources)], encoding="utf-8")


def start(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-P", "-c", CODE, "grade", str(folder), "--out", str(out), "--seed", "3", "--workers", "1"]  # fmt: skip
    return subprocess.Popen(
        call,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def lines(out: Path) -> list[bytes]:
    path = out / "results.jsonl"
    return path.read_bytes().splitlines() if path.is_file() else []


def wait_for(out: Path, many: int, judge: subprocess.Popen[bytes]) -> None:
    while len(lines(out)) < many and judge.poll() is None:
        time.sleep(0.005)


def run_and_kill(folder: Path, out: Path) -> list[bytes]:
    """Grade; kill the worker in the middle; when its successor has graded something, kill the judge."""
    judge = start(folder, out)
    wait_for(out, 3, judge)
    with contextlib.suppress(psutil.Error, ProcessLookupError, IndexError):  # done already
        sandbox = below(judge.pid, "lesson_kit.sandbox")[0]
        os.kill(psutil.Process(sandbox).ppid(), signal.SIGKILL)
    wait_for(out, len(lines(out)) + 3, judge)
    judge.kill()
    judge.wait()
    return lines(out)


def told(records: dict[tuple[str, str], Record]) -> dict[str, object]:
    return {
        one.student: (one.status, one.score, one.seed, [(check.name, check.status, check.seen) for check in one.checks])
        for one in records.values()
    }  # fmt: skip


def test_a_killed_run_goes_on_to_the_same_grades(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    class_of(folder)
    found = collect([folder], {EX03: ["ThinkingServer"]}).submissions

    def grade(journal: Journal) -> list[str]:
        serial = Serial(NoWalls())
        for record in grade_all(
            found,
            seed=journal.seed(None, go_on=True),
            checks=str(checks_folder()),
            executors=lambda: serial,
            workers=1,
            done=journal.records,
        ):
            journal.add(record)
        return [student for student, _ in serial.graded]

    with Journal(tmp_path / "quiet") as quiet:
        quiet.seed(3, go_on=False)
        assert len(grade(quiet)) == STUDENTS

    for attempt in range(5):  # a judge that is done before this test gets its turn was not killed
        out = tmp_path / f"out {attempt}"
        before = run_and_kill(folder, out)
        if len(before) < STUDENTS:
            break
    assert 6 <= len(before) < STUDENTS
    kept = [Record.model_validate_json(line) for line in before]
    with Journal(out) as journal:
        again = grade(journal)
        assert told(journal.records) == told(quiet.records)
        # What was graded before the kill was not graded again.
        assert sorted([*again, *(one.student for one in kept)]) == sorted(
            one.student for one in found
        )
        assert all(journal.records[one.key] == one for one in kept)
    if platform.machine() == "x86_64":
        assert {one.isolation for one in kept} == {"rlimits, namespaces, landlock, seccomp"}
