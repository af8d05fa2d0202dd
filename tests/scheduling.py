"""Which tests share a worker, and which begin first.

Tests that share something costly run on one worker, or each worker would start it anew. Of the others a file is a unit, but where
a test takes seconds it is one of its own. What takes longest begins first: begun last, it would run alone at the end.

xdist's own groups (`xdist_group`) write the group into the private name of a test, which pytest 9.2 no longer reads: all
tests of a group then run anywhere. The path of a test says as much.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# The start of a test file's name -> what its tests share.
SHARED = {
    "test_notebooks": "warm kernels",
    "test_diagnose": "a nursery",
    "test_sandbox": "a sandbox",
    "test_gradebook": "graders",
    "test_postgres": "PostgreSQL",
    "test_nginx": "nginx",
    "test_truth": "the SDKs' words",
}
# The starts of file names whose tests take seconds each and share nothing.
ALONE = (
    "test_commands",
    "test_serve_process",
    "test_exercises",
    "test_chromium",
)
# Longest first. JupyterLab mostly waits, so it leaves its core to the others.
FIRST = (
    *("JupyterLab", "graders", "warm kernels", "Chromium", "PostgreSQL", "a sandbox"),
    *("ex10", "a nursery", "nginx", "the SDKs' words"),
)


def scope_of(nodeid: str) -> str:
    """What a test belongs to: a group that shares something, a file, or itself."""
    path = PurePosixPath(nodeid.partition("::")[0])
    if path.stem.endswith("_in_lab"):
        return "JupyterLab"
    if path.parent.name == "browser":
        return "Chromium"
    if path.stem.startswith(ALONE):
        return nodeid
    return next((SHARED[start] for start in SHARED if path.stem.startswith(start)), str(path))


def turn_of(nodeid: str) -> int:
    """When a test begins: the long groups one after the other, then what takes seconds, then the files."""
    scope = scope_of(nodeid)
    if scope == nodeid:
        return FIRST.index("ex10") if "[ex10" in nodeid else len(FIRST)
    return FIRST.index(scope) if scope in FIRST else len(FIRST) + 1


class ByWhatIsShared(LoadScopeScheduling):
    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # by how many tests there are; ours is by `turn_of`

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
