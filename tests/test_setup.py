"""The set-up of `.venv`: once, repaired after every kind of interruption, with advice on failure.

pip is a fake here: the guard keeps tests off the network, and a real one takes a minute.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools import progress, stamp
from tools.advice import RULES, advice
from tools.environment import LOCK, LOG, Environment, Failed, is_new_enough
from tools.exclusive import exclusive, try_lock

ROOT = Path(__file__).parent.parent


@dataclass
class FakeMachine:
    """A project folder, and a run of commands that only leaves the traces of real ones."""

    root: Path
    version: str = "3.11.7"
    steps: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    die_at: str = ""
    fail_with: str = ""
    during: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "requirements.lock").write_text("rich==15.0 \\\n    --hash=sha256:00\n")
        (self.root / "pyproject.toml").write_text("[project]\n")

    def run(
        self,
        command: Sequence[str],
        *,
        label: str,
        log: Path,
        env: Mapping[str, str],
        count: progress.Count,
        held: int,
    ) -> progress.Outcome:
        step = label[1]
        self.steps.append(step)
        self.during()
        if step == "1":
            self.inner_python.parent.mkdir(parents=True)
            self.inner_python.write_text(self.version)
        if step == self.die_at:
            raise KeyboardInterrupt
        if step == "2":
            (self.root / ".venv" / "leftover").touch()
        return progress.Outcome(bool(self.fail_with), self.fail_with)

    @property
    def inner_python(self) -> Path:
        return Environment(self.root, "").inner_python

    def version_of(self, python: Path) -> str:
        if python.name == "base-python":
            return self.version
        return python.read_text() if python.exists() else ""

    def make_ready(self, **options: bool) -> list[str]:
        """One call of the set-up; the steps that it ran."""
        self.steps.clear()
        Environment(
            self.root, "base-python", self.run, self.version_of, self.said.append
        ).make_ready(**options)
        return list(self.steps)


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path / "a folder with spaces")


def test_a_second_call_sets_nothing_up_again(machine: FakeMachine) -> None:
    assert machine.make_ready() == ["1", "2", "3"]
    assert machine.make_ready() == []


@pytest.mark.parametrize("step", ["1", "2"])
def test_a_set_up_killed_in_the_middle_is_built_anew(machine: FakeMachine, step: str) -> None:
    machine.die_at = step
    with pytest.raises(KeyboardInterrupt):
        machine.make_ready()
    machine.die_at = ""
    (machine.root / ".venv" / "half").mkdir()
    assert machine.make_ready() == ["1", "2", "3"]
    assert not (machine.root / ".venv" / "half").exists()
    assert "building it anew" in machine.said[0]


def test_a_kill_in_the_last_step_costs_only_the_last_step(machine: FakeMachine) -> None:
    machine.die_at = "3"
    with pytest.raises(KeyboardInterrupt):
        machine.make_ready()
    machine.die_at = ""
    assert machine.make_ready() == ["3"]


def test_changed_pins_build_the_environment_anew(machine: FakeMachine) -> None:
    machine.make_ready()
    (machine.root / "requirements.lock").write_text("rich==15.1\n")
    assert machine.make_ready() == ["1", "2", "3"]


def test_a_changed_project_file_reinstalls_only_the_project(machine: FakeMachine) -> None:
    machine.make_ready()
    (machine.root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert machine.make_ready() == ["3"]


def test_a_moved_folder_is_built_anew(machine: FakeMachine) -> None:
    machine.make_ready()
    machine.root = machine.root.rename(machine.root.parent / "elsewhere")
    assert machine.make_ready() == ["1", "2", "3"]


def test_a_python_that_was_upgraded_or_removed_is_noticed(machine: FakeMachine) -> None:
    machine.make_ready()
    machine.inner_python.write_text("3.12.1")
    assert machine.make_ready() == ["1", "2", "3"]
    machine.inner_python.unlink()
    assert machine.make_ready() == ["1", "2", "3"]


def test_a_python_named_on_the_command_line_replaces_another(machine: FakeMachine) -> None:
    machine.make_ready()
    machine.version = "3.13.0"
    assert machine.make_ready() == []
    assert machine.make_ready(insist_on_python=True) == ["1", "2", "3"]
    assert machine.make_ready(insist_on_python=True) == []


def test_an_environment_made_by_hand_is_completed_and_not_replaced(machine: FakeMachine) -> None:
    site = machine.inner_python.parent.parent / "lib/python3.11/site-packages"
    (site / "pip").mkdir(parents=True)
    machine.inner_python.parent.mkdir()
    machine.inner_python.write_text("3.11.7")
    assert machine.make_ready() == ["2", "3"]
    assert machine.make_ready() == []


def test_a_damaged_stamp_counts_as_none(machine: FakeMachine) -> None:
    machine.make_ready()
    (machine.root / ".venv" / stamp.NAME).write_text('{"packages": ')
    assert machine.make_ready() == ["1", "2", "3"]


def test_the_stamp_is_gone_while_packages_are_installed(machine: FakeMachine) -> None:
    machine.make_ready()
    seen = []
    machine.during = lambda: seen.append(stamp.read(machine.root / ".venv"))
    (machine.root / "requirements.lock").write_text("rich==15.1\n")
    machine.make_ready()
    assert seen[:2] == [None, None]


def test_a_failing_step_says_what_to_do_and_leaves_no_stamp(machine: FakeMachine) -> None:
    machine.fail_with = "Collecting rich\nERROR: [Errno 28] No space left on device\n"
    with pytest.raises(Failed, match="the disk is full") as caught:
        machine.make_ready()
    assert str(caught.value).count("\n") == 1
    assert LOG in str(caught.value)
    assert stamp.read(machine.root / ".venv") is None


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("NewConnectionError: ...\nERROR: No matching distribution found for x", "offline"),
        ("ERROR: No matching distribution found for x==1", "for this Python"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the file"),
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
        ("The virtual environment was not created: ensurepip is not available", "python3-venv"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "cannot be written"),
        ("Failed building wheel for x", "no ready-made file"),
        ("something new", "read the lines above"),
    ],
)
def test_each_known_failure_has_its_advice(log: str, words: str) -> None:
    assert words in advice(log)


def test_advice_is_one_line() -> None:
    assert all("\n" not in sentence for _, sentence in RULES)


def test_only_a_new_enough_python_counts() -> None:
    found = [is_new_enough(version) for version in ("3.10.13", "3.11.0", "3.14.0rc1", "4.0", "")]
    assert found == [False, True, True, True, False]


def test_progress_counts_what_pip_fetched_then_what_it_unpacked(tmp_path: Path) -> None:
    count = progress.Count(3, tmp_path)
    count.read("Ignoring pywin32: markers don't match\n")
    count.read("Collecting rich==15.0\n")
    assert str(count) == "fetched 1 of 2"
    count.read("Installing collected packages: rich, typer\n")
    (tmp_path / "rich-15.0.dist-info").mkdir()
    assert str(count) == "unpacked 1 of 2"


def test_the_lock_is_held_by_one_and_seen_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "deep" / LOCK
    with exclusive(path, pytest.fail):
        second = os.open(path, os.O_RDWR)
        assert not try_lock(second)
        os.close(second)
    with exclusive(path, pytest.fail):
        pass


@pytest.mark.live
def test_two_calls_at_once_set_up_only_once(tmp_path: Path) -> None:
    # Who holds the lock waits until the other one has found it held.
    code = (
        "import sys, time; from pathlib import Path; from tools.exclusive import exclusive\n"
        "folder = Path(sys.argv[1]); done, waiting = folder / 'done', folder / 'waiting'\n"
        "def wait(): waiting.touch(); print('waited', flush=True)\n"
        "with exclusive(folder / 'lock', wait):\n"
        "    while not waiting.exists(): time.sleep(0.01)\n"
        "    if not done.exists(): done.touch(); print('set up', flush=True)\n"
    )
    calls = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [call.communicate()[0].split("\n")[0] for call in calls]
    assert sorted(told) == ["set up", "waited"]


@pytest.mark.live
@pytest.mark.skipif(os.name == "nt", reason="Windows lets go of no lock to a child")
def test_a_child_that_outlives_a_killed_set_up_still_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    inner = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
    code = (
        "import os, sys; from pathlib import Path; from tools import progress\n"
        "from tools.exclusive import exclusive\n"
        "class Told(progress.Count):\n"
        "    def read(self, line): print(line, flush=True)\n"
        f"with exclusive(Path({str(lock)!r}), print) as held:\n"
        f"    progress.run([sys.executable, '-c', {inner!r}], label='x', held=held,\n"
        f"        log=Path({str(tmp_path / 'log')!r}), env=os.environ,\n"
        "        count=Told(0, Path()), say=lambda line: None)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        with lock.open("r+") as file:
            assert not try_lock(file.fileno()), "pip still writes, and the next set-up would start"
    finally:
        os.kill(child, signal.SIGKILL)
    with exclusive(lock, lambda: None, pause=0.01):
        pass


@pytest.mark.live
@pytest.mark.skipif(os.name == "nt", reason="the Makefile is for systems with make")
def test_make_alone_lists_the_commands() -> None:
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"make (\w+)", told)
    commands = [
        "help",
        "lab",
        "test",
        "check",
        "format",
        "notebooks",
        "exercises",
        "truth",
        "rot",
        "lock",
        "clean",
    ]
    assert listed == commands
