"""Where notebooks are run by the tests: a warm process, and the kernel that Jupyter knows as `warm`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Nursery:
    """A folder with the kernel's description; `environment` makes Jupyter find it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a Jupyter client needs to find the kernel `warm`, or the ordinary one where there is no fork."""
        return {**os.environ, "JUPYTER_PATH": str(self.folder / "jupyter")}

    def nbval(self, path: Path) -> subprocess.CompletedProcess[str]:
        """Run one notebook and compare its outputs, as `pytest --nbval` does on the command line."""
        command = [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-kernel-name", "warm"),
            # Without the other plugins and this project's settings: to load them takes longer than most notebooks.
            *("-p", "nbval.plugin", "-p", "no:cacheprovider", "-c", os.devnull, "-q"),
            *("--rootdir", str(path.parent), str(path)),
        ]
        environment = {**self.environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )


@contextlib.contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """Start the warm process with its socket below `folder`, and end it with all its kernels."""
    address = folder / "door"
    spec = folder / "jupyter" / "kernels" / "warm" / "kernel.json"
    spec.parent.mkdir(parents=True)
    # -S and -I: the asker needs nothing of this project, and starts in 20 ms.
    argv = [sys.executable, "-I", "-S", str(ROOT / "tests" / "kernels" / "asker.py")]
    argv += [str(address), "{connection_file}"]
    spec.write_text(
        json.dumps({"argv": argv, "display_name": "Warm", "language": "python"}), encoding="utf-8"
    )
    command = [sys.executable, "-m", "tests.kernels.warm", str(address)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as warm:
        try:
            assert warm.stdout
            assert warm.stdout.readline() == "ready\n", "the warm process did not start"
            yield Nursery(folder)
        finally:
            warm.kill()
