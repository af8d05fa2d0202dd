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
                time.sleep(0.005)
                if set(below(os.getpid())) - others - killed:
                    time.sleep(0.2)  # those that only put up the walls have gone: the guest sleeps
                    guest = max(set(below(os.getpid())) - others - killed)
                    os.kill(guest, signal.SIGKILL)
                    killed.add(guest)

        killer = threading.Thread(target=kill)
        killer.start()
        ending = sandbox.run(Job("import time\ntime.sleep(1)\nsay(1)", limits=Limits(wall=60)))
        killer.join()
    assert ending.status == status
    assert ending.detail == ("" if status == "ended" else "signal 9")
