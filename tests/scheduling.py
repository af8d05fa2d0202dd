"""Which tests share a worker: those that share something costly, and would each start it anew.

xdist's own groups (`xdist_group`) write the group into the private name of a test, which pytest 9.2 no longer reads: all
tests of a group then run anywhere. The path of a test says as much.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# The start of a test file's name -> what its tests share.
SHARED = {
    "test_notebooks": "warm kernels",
    "test_diagnose": "a nursery",
    "test_sandbox": "a sandbox",
    "test_gradebook": "graders",
}


class ByWhatIsShared(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if path.stem.endswith("_in_lab"):
            return "JupyterLab"
        if path.parent.name == "browser":
            return "Chromium"
        return next((SHARED[start] for start in SHARED if path.stem.startswith(start)), nodeid)
