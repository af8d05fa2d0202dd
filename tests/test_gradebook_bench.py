"""`lesson-kit bench grade`: what is measured, of whom, and what is said of peers that are not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lesson_kit.cli import app
from lesson_kit.gradebook import bench, peers
from lesson_kit.gradebook.bench import HEAD, Timing
from lesson_kit.sandbox.job import Ending
from tests.gradebook.serial import Serial
from tests.grading import Says


@pytest.fixture
def serial(monkeypatch: pytest.MonkeyPatch) -> Serial:
    made = Serial(Says(Ending("crashed")))
    monkeypatch.setattr(bench, "processes", lambda workers: lambda: made)
    return made


def test_the_table_counts_every_submission(serial: Serial) -> None:
    done = CliRunner().invoke(app, ["bench", "grade", "--submissions", "30", "--workers", "3"])
    assert done.exit_code == 0
    head, row = done.stdout.splitlines()
    assert head == HEAD.rstrip("\n")
    assert row.split()[:4] == ["lesson-kit", "grade", "(3)", "30"]
    assert row.endswith("0 passed; none: a test")
    assert len({student for student, _ in serial.graded}) == 30


def test_a_row_is_told_in_milliseconds_and_mebibytes() -> None:
    row = Timing("tool", 200, 0.0123, 0.25, 3.0, 4.0, 123.4, "a note").row()
    assert row.split() == ["tool", "200", "12.3", "ms", "250.0", "ms", "3.0", "s", "20.0", "ms", "123", "MiB", "a", "note"]  # fmt: skip


def test_half_of_the_generated_answers_are_right() -> None:
    asked = bench.find_exercise("ex03")
    made = bench.answers(asked, bench.solution_of(asked.name))
    right = {bench.solution_of(asked.name), *(bench.made_of(one, bench.solution_of(asked.name)) for one in asked.right)}  # fmt: skip
    assert sum(source in right for source in made) * 2 == len(made)


def test_peers_that_are_not_there_are_told_how_to_get(
    serial: Serial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers.shutil, "which", lambda *args, **named: None)
    done = CliRunner().invoke(app, ["bench", "grade", "--submissions", "2", "--peers"])
    assert done.exit_code == 0
    assert done.stdout.count("not installed: python -m pip install nbgrader otter-grader") == 2


def test_a_peer_is_timed_with_all_that_it_starts(tmp_path: Path) -> None:
    code = "import time; time.sleep(0.3)"
    seconds, memory = peers._timed([sys.executable, "-c", code], tmp_path)
    assert seconds >= 0.3
    assert memory > 0


def test_a_peer_that_fails_is_told_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such assignment"):
        peers._timed([sys.executable, "-c", "raise SystemExit('no such assignment')"], tmp_path)
