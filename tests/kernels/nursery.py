"""Where notebooks are run by the tests: a warm process, and the kernel that Jupyter knows as `warm`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lesson_kit.sandbox.environment import of_the_preloaded

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass
class Outcome:
    """How nbval did with one notebook: the cells that gave their committed outputs, and what it says of the others."""

    passed: int = 0
    told: str = ""


@dataclass(frozen=True)
class Nursery:
    """A folder with the kernel's description; `environment` makes Jupyter find it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "JUPYTER_PATH": str(self.folder / "jupyter")}

    def nbval(self, *paths: Path) -> dict[Path, Outcome]:
        """Run notebooks and compare their outputs, as `pytest --nbval` does on the command line; each in its own kernel."""
        report = self.folder / "report.xml"
        command = [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-kernel-name", "warm", "-q"),
            # Without the other plugins and this project's settings: to load them takes longer than most notebooks.
            *("-p", "nbval.plugin", "-p", "no:cacheprovider", "-c", os.devnull),
            *("--rootdir", "/", f"--junitxml={report}", *map(str, paths)),
        ]
        environment = {**self.environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return _read(report, paths)


def _read(report: Path, paths: tuple[Path, ...]) -> dict[Path, Outcome]:
    # pytest writes the path below its root with dots in place of the slashes.
    outcomes = {".".join(path.parts[1:]): Outcome() for path in paths}
    for case in ElementTree.parse(report).iter("testcase"):
        outcome = outcomes[case.get("classname", "")]
        if len(case):
            outcome.told += "".join(f"{case.get('name')}: {part.text}\n" for part in case)
        else:
            outcome.passed += 1
    return dict(zip(paths, outcomes.values(), strict=True))


@contextlib.contextmanager
def nursery(folder: Path, *, sandboxes: bool = False) -> Iterator[Nursery]:
    """Start the warm process with its door below `folder`, and end it with all its kernels.

    With `sandboxes`, the sandboxes of the kernels come out of one warm process too.
    """
    doors = [str(folder / "door")] + [str(folder / "gate")] * sandboxes
    spec = folder / "jupyter" / "kernels" / "warm" / "kernel.json"
    spec.parent.mkdir(parents=True)
    # -S and -I: the asker needs nothing of this project, and starts in 20 ms.
    argv = [sys.executable, "-I", "-S", str(HERE / "asker.py"), doors[0], "{connection_file}"]
    spec.write_text(
        json.dumps({"argv": argv, "display_name": "Warm", "language": "python"}), encoding="utf-8"
    )
    with contextlib.ExitStack() as stack:
        warm = [stack.enter_context(_running(["-m", "tests.kernels.warm", *doors], os.environ))]
        for door in doors[1:]:
            command = ["-P", str(HERE / "preloaded.py"), door]
            warm.append(stack.enter_context(_running(command, of_the_preloaded())))
        for process in warm:
            assert process.stdout
            assert process.stdout.readline() == "ready\n", f"it did not start: {process.args!r}"
        yield Nursery(folder)


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    # Its stdin is held open: where this process is killed, it ends, and the other with it.
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as warm:
        try:
            yield warm
        finally:
            warm.kill()
