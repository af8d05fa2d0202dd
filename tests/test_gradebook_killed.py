"""kill -9 of the judge, of its workers and of their sandboxes: gone on with, the grades are those of a quiet run."""

from __future__ import annotations

import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lesson_kit.gradebook import Record, collect, grade_all
from lesson_kit.gradebook.bench import answers
from lesson_kit.grader import find_exercise
from lesson_kit.grader.catalog import checks_folder
from tests.gradebook.serial import Serial
from tests.grading import ROOT, NoWalls, solution
from tests.sandbox.processes import below

EX03 = "ex03_thinking_indicator"
CODE = "from lesson_kit.cli import main\nif __name__ == '__main__': main()"

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


def class_of(folder: Path, many: int) -> None:
    sources = answers(find_exercise("ex03"), solution("ex03"))
    for number in range(many):
        file = folder / f"student {number:03}" / "ex03.py"
        file.parent.mkdir(parents=True)
        file.write_text(sources[number % len(sources)], encoding="utf-8")


def start(folder: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-P", "-c", CODE, "grade", str(folder), "--out", str(out), "--seed", "3", "--workers", "1", *more]  # fmt: skip
    return subprocess.Popen(
        call,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def lines(out: Path) -> list[bytes]:
    path = out / "results.jsonl"
    return path.read_bytes().splitlines() if path.is_file() else []


def wait_for(out: Path, many: int, judge: subprocess.Popen[bytes]) -> None:
    while len(lines(out)) < many and judge.poll() is None:
        time.sleep(0.01)


def told(records: list[Record]) -> dict[str, object]:
    return {
        one.student: (one.status, one.score, one.seed, [(check.name, check.status, check.seen) for check in one.checks])
        for one in records
    }  # fmt: skip


def test_a_killed_run_goes_on_to_the_same_grades(tmp_path: Path) -> None:
    folder, out = tmp_path / "class", tmp_path / "out"
    class_of(folder, 16)
    found = collect([folder], {EX03: ["ThinkingServer"]}).submissions
    serial = Serial(NoWalls())
    quiet = told(list(grade_all(found, seed=3, checks=str(checks_folder()), executors=lambda: serial, workers=1)))  # fmt: skip

    judge = start(folder, out)
    wait_for(out, 4, judge)
    judge.kill()
    judge.wait()
    assert judge.stderr
    judge.stderr.close()
    before = lines(out)
    assert 4 <= len(before) < 16

    judge = start(folder, out, "--resume")
    wait_for(out, len(before) + 3, judge)
    victims = below(judge.pid)
    os.kill(random.Random(1).choice(victims), signal.SIGKILL)
    _, said = judge.communicate(timeout=150)
    assert judge.returncode == 0, said.decode()
    records = [Record.model_validate_json(line) for line in lines(out)]
    assert told(records) == quiet
    # What was graded before the kill was not graded again: its line is the same, to the time it took.
    seconds = {json.loads(line)["student"]: json.loads(line)["seconds"] for line in before}
    assert {one.student: one.seconds for one in records if one.student in seconds} == seconds
