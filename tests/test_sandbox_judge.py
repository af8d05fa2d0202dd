"""The judge's side of the sandbox: it outlives its helpers, and they do not outlive it."""

from __future__ import annotations

import atexit
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lesson_kit.sandbox import Job, Limits, Sandbox, Walls, resident, shared, warm
from tests.sandbox import hostile
from tests.sandbox.nobody import AS_NOBODY, python_for_everybody
from tests.sandbox.processes import BEGINS, PATIENCE, below, guests, wait_until

ACT = "tests.sandbox.acts:act"
ROOT = Path(__file__).parent.parent
JUDGE = Path(__file__).parent / "sandbox" / "judges.py"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(act=ACT) as made:
        yield made


def kits(pid: int) -> list[int]:
    """The sandbox's processes below another."""
    return below(pid, "-m lesson_kit.sandbox")


def wait_until_gone(pids: list[int]) -> None:
    wait_until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}/stat").exists()])


@pytest.mark.parametrize("position", [0, -1], ids=["the outer process", "the preloaded process"])
def test_a_sandbox_that_was_killed_is_started_anew(sandbox: Sandbox, position: int) -> None:
    sandbox.start()
    killed = kits(os.getpid())
    os.kill(killed[position], signal.SIGKILL)
    assert sandbox.run(Job("say(1)")).lines == [1]
    wait_until_gone(killed)


def test_a_sandbox_that_is_killed_in_the_middle_does_the_job_again(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.start()
    before = kits(os.getpid())
    go_on = tmp_path / "go on"

    def kill() -> None:
        wait_until(lambda: guests(os.getpid()))
        os.kill(before[-1], signal.SIGKILL)
        go_on.touch()

    source = f"{BEGINS}while not os.path.exists(payload['go on']): time.sleep(0.01)\nsay(1)"
    job = Job(source, payload={"go on": str(go_on)}, limits=Limits(wall=PATIENCE, cpu=PATIENCE))
    killer = threading.Thread(target=kill)
    killer.start()
    ending = sandbox.run(job)
    killer.join()
    assert (ending.status, ending.lines) == ("ended", [1])
    wait_until_gone(before)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_when_the_judge_ends_everything_ends(sign: signal.Signals) -> None:
    judge = subprocess.Popen(
        [sys.executable, JUDGE, "wait"],
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    wait_until(lambda: guests(judge.pid))
    processes = kits(judge.pid)
    judge.send_signal(sign)
    judge.wait(PATIENCE)
    wait_until_gone(processes)


def test_the_shared_sandbox_is_one_and_warm_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "Sandbox", lambda: Sandbox(act=ACT))
    monkeypatch.setattr(resident, "_resident", None)
    warm()
    sandbox = shared()
    try:
        assert sandbox.run(Job("say(1)")).lines == [1]
        assert shared() is sandbox
    finally:
        sandbox.close()
        atexit.unregister(sandbox.close)


def test_two_threads_take_turns(sandbox: Sandbox) -> None:
    seen: list[list[object]] = []
    threads = [
        threading.Thread(target=lambda n=n: seen.append(sandbox.run(Job(f"say({n})")).lines))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [[0], [1], [2], [3]]


def test_closing_ends_its_processes_and_a_later_job_starts_them_again() -> None:
    sandbox = Sandbox(act=ACT)
    before = set(kits(os.getpid()))
    sandbox.start()
    own = [pid for pid in kits(os.getpid()) if pid not in before]
    sandbox.close()
    sandbox.close()
    wait_until_gone(own)
    assert sandbox.run(Job("say(1)")).lines == [1]
    sandbox.close()


def test_an_act_that_cannot_be_loaded_is_the_graders_error() -> None:
    with Sandbox(act="tests.sandbox.acts:nothing") as sandbox:
        ending = sandbox.run(Job("say(1)"))
        assert ending.status == "grader_error"
        assert "tests.sandbox.acts:nothing cannot be loaded" in ending.detail
        with pytest.raises(RuntimeError, match="has no attribute 'nothing'"):
            sandbox.start()


def test_an_act_with_a_mistake_is_the_graders_error() -> None:
    with Sandbox(act="tests.sandbox.acts:broken") as sandbox:
        ending = sandbox.run(Job("say(1)"))
    assert (ending.status, ending.line) == ("grader_error", None)
    assert "no such scene" in ending.detail


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are x86_64's numbers")
@pytest.mark.parametrize(
    "walls", [Walls.of(["rlimits"]), Walls.of(["namespaces"])], ids=["sweep", "pid namespace"]
)
def test_a_chain_of_fifty_forks_leaves_nobody_behind(walls: Walls) -> None:
    with Sandbox(act=ACT, walls=walls) as sandbox:
        if sandbox.isolation != str(walls):
            pytest.skip(f"this system has only: {sandbox.isolation}")
        before = below(os.getpid())
        ending = sandbox.run(Job(hostile.FORK_CHAIN, limits=Limits(wall=PATIENCE)))
        assert ending.status == "ended"
        assert ending.lines[0] > 0
        assert below(os.getpid()) == before


def test_without_walls_the_report_says_so() -> None:
    with Sandbox(act=ACT, walls=Walls.none()) as sandbox:
        assert sandbox.isolation == "not isolated"
        assert sandbox.run(Job("say(1)")).lines == [1]


PLAIN = {
    "ended": ("say(1)", [1], None),
    "timeout": ("\nwhile True: pass", [], 2),
    "crashed": ("import sys\nsay(1)\nsys.exit(0)", [1], 3),
    "forbidden": ("\nopen('/etc/passwd')", [], 2),
}


@pytest.mark.parametrize("status", PLAIN)
def test_where_there_is_no_fork_a_fresh_python_gives_the_same_names(status: str) -> None:
    source, lines, line = PLAIN[status]
    limits = Limits(wall=20, cpu=0.2) if status == "timeout" else Limits(wall=20)
    with Sandbox(act=ACT, fork=False) as sandbox:
        assert sandbox.isolation == "not isolated"
        ending = sandbox.run(Job(source, limits=limits))
    assert (ending.status, ending.lines, ending.line) == (status, lines, line), ending


@pytest.mark.slow
def test_a_fresh_python_that_waits_is_blocked_at_its_line() -> None:
    with Sandbox(act=ACT, fork=False) as sandbox:
        ending = sandbox.run(Job("import time\n\ntime.sleep(60)", limits=Limits(wall=3)))
    assert (ending.status, ending.line) == ("blocked_loop", 3)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_gets_the_same_endings(tmp_path: Path, sandbox: Sandbox) -> None:
    python = python_for_everybody()
    secret = tmp_path / "secret.txt"
    secret.write_text("the answers")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [*AS_NOBODY, python, "-P", str(JUDGE), "user", str(secret)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{packages}", "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    walls, *endings = done.stdout.splitlines()
    assert walls == sandbox.isolation
    assert endings == [
        "ended [1] None",
        "timeout [] 1",
        "out_of_memory [] 1",
        "forbidden [] 1",
        "ended [-1] None",
    ]
