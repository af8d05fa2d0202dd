"""A guest's process that somebody else ended: no guest's fault, so it is run once more."""

from __future__ import annotations

import os
import platform
import signal
import threading
import time

import pytest

from lesson_kit.sandbox import Job, Limits, Sandbox
from tests.sandbox.processes import below

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


@pytest.mark.parametrize(("kills", "status"), [(1, "ended"), (2, "crashed")])
def test_a_guest_that_was_killed_from_outside_gets_a_second_run(kills: int, status: str) -> None:
    with Sandbox(act="tests.sandbox.acts:act") as sandbox:
        sandbox.start()
        others = set(below(os.getpid()))

        def kill() -> None:
            killed: set[int] = set()
            while len(killed) < kills:
                for pid in set(below(os.getpid())) - others - killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                time.sleep(0.005)

        killer = threading.Thread(target=kill)
        killer.start()
        ending = sandbox.run(Job("import time\ntime.sleep(0.4)\nsay(1)", limits=Limits(wall=60)))
        killer.join()
    assert ending.status == status
    assert ending.detail == ("" if status == "ended" else "signal 9")
