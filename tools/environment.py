"""The environment in `.venv`: made once, repaired when its set-up was interrupted.

Three steps, each safe to be killed in: an empty environment, the pinned packages, the workbook
itself. The stamp is forgotten before the first and written after the last.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from tools import progress, stamp
from tools.advice import advice
from tools.exclusive import exclusive
from tools.stamp import Stamp

LOCK = "set-up.lock"
LOG = "set-up.log"

# Settings of the caller that would send packages somewhere else than into .venv.
UNWANTED = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT")


class Failed(Exception):
    """A set-up step failed; the message is one line that says what to do."""


class Run(Protocol):
    """How a command is run: `progress.run`, or a fake in tests."""

    def __call__(
        self,
        command: Sequence[str],
        *,
        label: str,
        log: Path,
        env: Mapping[str, str],
        count: progress.Count,
        held: int,
    ) -> progress.Outcome: ...


@dataclass(frozen=True)
class Environment:
    """One project folder and the Python to build its `.venv` with."""

    root: Path
    python: str
    run: Run = progress.run
    version_of: Callable[[Path], str] = lambda python: python_version(python)
    say: Callable[[str], None] = progress.say_now

    @property
    def home(self) -> Path:
        return self.root / ".venv"

    @property
    def inner_python(self) -> Path:
        """The interpreter inside the environment."""
        return self.home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def is_ready(self, *, insist_on_python: bool = False) -> bool:
        """Whether the last set-up ended and nothing that it used has changed since."""
        found = stamp.read(self.home)
        if found is None or found != self._wanted():
            return False
        return not insist_on_python or self._version() == self.version_of(Path(self.python))

    def make_ready(self, *, insist_on_python: bool = False) -> None:
        """Set up what is missing; nothing if all is there. Raises Failed."""
        if self.is_ready(insist_on_python=insist_on_python):
            return
        by_hand = not insist_on_python and self._is_made_by_hand()
        with exclusive(self.home / LOCK, self._say_waiting) as held:
            if self.is_ready(insist_on_python=insist_on_python):
                return  # the call that we waited for did it
            found = stamp.read(self.home)
            stamp.forget(self.home)
            has_packages = found is not None and found.packages == self._wanted().packages
            if insist_on_python or not (has_packages or by_hand):
                self._build(held)
                has_packages = False
            if not has_packages:
                self._install_packages(held)
            # With this much noted, a kill in the last step costs the last step only.
            stamp.write(self.home, Stamp(self._wanted().packages, project=""))
            self._install_project(held)
            stamp.write(self.home, self._wanted())
            self.say("set-up: done.")

    def _is_made_by_hand(self) -> bool:
        """Whether somebody typed the README's pip commands: then .venv is completed, not replaced.

        A folder with our lock file and no stamp is different: a set-up of ours that was killed.
        """
        if (self.home / LOCK).exists() or not (self._site() / "pip").is_dir():
            return False
        return is_new_enough(self._version())

    def _build(self, held: int) -> None:
        """An empty environment, in place of whatever a killed set-up left."""
        if leftovers := [path for path in self.home.iterdir() if path.name != LOCK]:
            self.say("set-up: .venv is unfinished or out of date; building it anew.")
        for path in leftovers:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if not (find_spec("venv") and find_spec("ensurepip")):
            raise Failed(advice("No module named venv"))
        self._step("[1/3] making .venv", [self.python, "-m", "venv", str(self.home)], held)

    def _install_packages(self, held: int) -> None:
        lock = self.root / "requirements.lock"
        pins = len(re.findall(r"^[A-Za-z0-9]", lock.read_text(encoding="utf-8"), re.MULTILINE))
        options = ["--require-hashes", "-r", str(lock)]
        self._pip("[2/3] installing the pinned packages", options, held, pins)

    def _install_project(self, held: int) -> None:
        # Isolation would download the build tools a second time, without hashes.
        options = ["--no-deps", "--no-build-isolation", "-e", str(self.root)]
        self._pip("[3/3] installing the workbook itself", options, held)

    def _pip(self, label: str, options: Sequence[str], held: int, pins: int = 0) -> None:
        quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
        command = [str(self.inner_python), "-m", "pip", "install", *quiet, *options]
        self._step(label, command, held, pins)

    def _step(self, label: str, command: Sequence[str], held: int, pins: int = 0) -> None:
        env = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        env["PIP_USER"] = "0"  # a user's pip.conf may say otherwise, and venvs refuse it
        outcome = self.run(
            command,
            label=label,
            log=self.home / LOG,
            env=env,
            count=progress.Count(pins, self._site()),
            held=held,
        )
        if outcome.code:
            lines = outcome.text.splitlines()
            cause = [line for line in lines if line.startswith("ERROR")] or lines
            story = "\n".join(cause[-3:])
            raise Failed(f"{story}\n{label} failed: {advice(outcome.text)} (log: .venv/{LOG})")

    def _site(self) -> Path:
        found = list(self.home.glob("lib/python*/site-packages"))
        return found[0] if found else self.home / "Lib" / "site-packages"

    def _wanted(self) -> Stamp:
        return stamp.wanted(self.root, self._version())

    def _version(self) -> str:
        return self.version_of(self.inner_python)

    def _say_waiting(self) -> None:
        self.say("set-up: another set-up of this folder is running; waiting for it to end.")


def python_version(python: Path) -> str:
    """The version that an interpreter says it has, "" where it does not start."""
    # -I -S: about 10 ms, and nothing that is installed there can get in the way.
    code = "import sys; print(sys.version.split()[0])"
    try:
        answer = subprocess.run(
            [str(python), "-I", "-S", "-c", code], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def is_new_enough(version: str) -> bool:
    """Whether "3.11.7" or the like can run the workbook."""
    parts = [int(part) for part in re.findall(r"\d+", version)[:2]]
    return parts >= [3, 11]


def ensure(root: str, *, insist_on_python: bool = False) -> int:
    """Make the environment of the folder `root` ready; an exit code."""
    # Started from inside .venv, Python must build with the one that stands behind it.
    base = getattr(sys, "_base_executable", None) or sys.executable
    environment = Environment(Path(root), base)
    try:
        environment.make_ready(insist_on_python=insist_on_python)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"set-up failed: {error}: {advice(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up stopped; the next call starts it again.", file=sys.stderr)
        return 130
    return 0
