"""An ordinary user, for tests that root runs: the command that becomes one, and a Python that one may run."""

from __future__ import annotations

import subprocess
import sys

import pytest

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def python_for_everybody() -> str:
    """A Python of this version that an ordinary user may run; without one the test is skipped."""
    code = "import os, sys; print(*sys.version_info[:2], os.access(sys.executable, os.X_OK))"
    for place in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        tried = subprocess.run(
            [*AS_NOBODY, place, "-c", code], capture_output=True, text=True, check=False
        )
        if tried.stdout.split() == [*map(str, sys.version_info[:2]), "True"]:
            return place
    pytest.skip("no Python here that an ordinary user may run")
