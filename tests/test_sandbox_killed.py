"""A guest's process that somebody else ended: no guest's fault, so it is run again."""

from __future__ import annotations

import os
import platform
import signal
import threading
from pathlib import Path

import pytest

from lesson_kit.sandbox import Job, Limits, Sandbox
from tests.sandbox.processes import BEGINS, PATIENCE, guests, wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


@pytest.mark.parametrize(("kills", "status"), [(1, "ended"), (3, "ended"), (4, "crashed")])
def test_a_guest_that_is_killed_from_outside_is_run_again(
    tmp_path: Path, kills: int, status: str
) -> None:
    go_on = tmp_path / "go on"
    killed: set[int] = set()

    def kill() -> None:
        while len(killed) < kills:
            wait_until(lambda: set(guests(os.getpid())) - killed)
            [guest] = set(guests(os.getpid())) - killed
            os.kill(guest, signal.SIGKILL)
            killed.add(guest)
        go_on.touch()

    source = f"{BEGINS}while not os.path.exists(payload['go on']): time.sleep(0.01)\nsay(1)"
    job = Job(source, payload={"go on": str(go_on)}, limits=Limits(wall=PATIENCE, cpu=PATIENCE))
    with Sandbox(act="tests.sandbox.acts:act") as sandbox:
        killer = threading.Thread(target=kill)
        killer.start()
        ending = sandbox.run(job)
        killer.join()
    assert ending.status == status
    assert ending.detail == ("" if status == "ended" else "signal 9")
