"""Hostile guests in the sandbox: the right name for each ending, and nobody else notices."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from lesson_kit.sandbox import Ending, Job, Limits, Sandbox
from tests.sandbox.hostile import CRASHES, FORK_CHAIN, HUNGRY, LOOPS, RAW, TRIES, WAITS, Guest
from tests.sandbox.processes import below

ACT = "tests.sandbox.acts:act"
LIMITS = Limits(wall=20.0)
BRIEF = Limits(wall=1.0)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not hasattr(os, "fork") or platform.system() != "Linux", reason="needs Linux"
    ),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(act=ACT) as made:
        yield made


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder that no guest may read or change."""
    (tmp_path / "secret.txt").write_text("the answers")
    state = os.stat(tmp_path / "secret.txt")
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]
    assert (tmp_path / "secret.txt").read_text() == "the answers"
    after = os.stat(tmp_path / "secret.txt")
    assert (after.st_mode, after.st_mtime_ns) == (state.st_mode, state.st_mtime_ns)


def check(sandbox: Sandbox, guest: Guest, limits: Limits, outside: Path | None = None) -> Ending:
    """Run a guest: the ending must be right, nothing may be left, and the next guest must fare well."""
    sandbox.start()
    before = len(below(os.getpid(), "lesson_kit.sandbox"))
    ending = sandbox.run(Job(guest.source, payload={"outside": str(outside)}, limits=limits))
    assert ending.status in guest.status.split(), ending
    assert guest.says in ending.detail
    lines = guest.line if isinstance(guest.line, tuple) else (guest.line,)
    assert ending.line in lines, ending
    # The process that waits outside the namespaces, and the preloaded one, as before.
    assert len(below(os.getpid(), "lesson_kit.sandbox")) <= before
    assert sandbox.run(Job("say('neighbour')", limits=LIMITS)).lines == ["neighbour"]
    return ending


def walls_of(sandbox: Sandbox) -> list[str]:
    return sandbox.isolation.split(", ")


def test_a_guest_that_behaves_sends_its_values_in_order(sandbox: Sandbox) -> None:
    source = "for n in range(3): say({'n': n})\nsay(payload)"
    ending = sandbox.run(Job(source, payload={"a": [1, None]}))
    assert (ending.status, ending.detail, ending.line) == ("ended", "", None)
    assert ending.lines == [{"n": 0}, {"n": 1}, {"n": 2}, {"a": [1, None]}]


@pytest.mark.parametrize("name", LOOPS)
def test_a_guest_that_loops_is_timed_out_at_its_line(sandbox: Sandbox, name: str) -> None:
    check(sandbox, LOOPS[name], Limits(wall=20.0, cpu=0.1))


@pytest.mark.slow
def test_a_guest_that_computes_is_not_ended_by_the_wall_clock(sandbox: Sandbox) -> None:
    # It computes a fifth of the time, so that it passes its wall limit on a quiet machine, and on a busy one comes to its
    # own limit before the last of all, ten times `wall`.
    source = (
        "import time\nwhile True:\n    ends = time.process_time() + 0.004\n"
        "    while time.process_time() < ends: pass\n    time.sleep(0.016)"
    )
    guest = Guest(source, "timeout", (2, 3, 4, 5), "still computing after 0.2 s")
    check(sandbox, guest, Limits(wall=0.7, cpu=0.2))


@pytest.mark.slow
@pytest.mark.parametrize("name", WAITS)
def test_a_guest_that_waits_is_blocked_at_its_line(sandbox: Sandbox, name: str) -> None:
    check(sandbox, WAITS[name], BRIEF)


@pytest.mark.parametrize("name", CRASHES)
def test_a_guest_that_ends_its_process_has_crashed(sandbox: Sandbox, name: str) -> None:
    # Enough time to crash in, on a busy machine too.
    check(sandbox, CRASHES[name], Limits(wall=20.0, cpu=2.0))


@pytest.mark.parametrize("name", HUNGRY)
def test_a_guest_that_takes_all_memory_is_out_of_it(sandbox: Sandbox, name: str) -> None:
    check(sandbox, HUNGRY[name], Limits(wall=20.0, cpu=2.0))


@pytest.mark.parametrize("name", TRIES)
def test_a_guest_that_tries_the_forbidden_is_told_on(
    sandbox: Sandbox, name: str, outside: Path
) -> None:
    ending = check(sandbox, TRIES[name], LIMITS, outside)
    assert "the answers" not in str(ending.lines)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are x86_64's numbers")
@pytest.mark.parametrize("name", RAW)
def test_the_walls_hold_where_the_hook_hears_nothing(
    sandbox: Sandbox, name: str, outside: Path
) -> None:
    if not {"landlock", "seccomp"} <= set(walls_of(sandbox)):
        pytest.skip(f"this system has only: {sandbox.isolation}")
    ending = check(sandbox, Guest(f"say({RAW[name]})", "ended"), LIMITS, outside)
    assert ending.lines == [-1]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are x86_64's numbers")
def test_a_chain_of_forks_does_not_even_begin(sandbox: Sandbox) -> None:
    assert check(sandbox, Guest(FORK_CHAIN, "ended"), LIMITS).lines == [-1]


def test_lines_that_are_forged_on_every_descriptor_are_junk(sandbox: Sandbox) -> None:
    forged = f'{"0" * 32} value 1\\n{{"score": 1}}\\n'
    source = f"import os\nfor fd in range(300):\n    try: os.write(fd, b'{forged}')\n    except OSError: pass\nsay(2)"
    ending = sandbox.run(Job(source))
    assert (ending.status, ending.lines) == ("ended", [2])
    assert "2 lines of junk dropped" in ending.detail


def test_half_a_line_spoils_only_the_next(sandbox: Sandbox) -> None:
    source = "import os\nfor fd in range(300):\n    try: os.write(fd, b'half')\n    except OSError: pass\n"
    ending = sandbox.run(Job(source + "say(1)\nsay(2)"))
    assert (ending.status, ending.lines) == ("ended", [2])
    assert "half" in ending.detail


@pytest.mark.parametrize(
    "value", ["eval('[' * 90 + ']' * 90)", "'\\ud800'", "10 ** 4000", "{1: {2: 3}}"]
)
def test_odd_values_come_through(sandbox: Sandbox, value: str) -> None:
    ending = sandbox.run(Job(f"say({value})"))
    assert (ending.status, len(ending.lines)) == ("ended", 1)


def test_a_value_that_is_nested_without_end_is_junk(sandbox: Sandbox) -> None:
    source = "x = []\nfor _ in range(300): x = [x]\nsay(x)\nsay(1)"
    ending = sandbox.run(Job(source))
    assert (ending.status, ending.lines) == ("ended", [1])
    assert "1 line of junk" in ending.detail


def test_a_value_that_is_no_json_is_refused_at_its_line(sandbox: Sandbox) -> None:
    ending = sandbox.run(Job("\nsay(float('nan'))"))
    assert (ending.status, ending.line, ending.lines) == ("crashed", 2, [])


def test_a_guest_finds_no_key_and_no_home(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "hunter2")
    (env,) = sandbox.run(Job("import os\nsay(dict(os.environ))")).lines
    assert env["OPENAI_API_KEY"] == "no-key"
    assert set(env) == {
        "OPENAI_API_KEY", "OPENAI_AGENTS_DISABLE_TRACING", "LESSON_KIT_MODEL", "LANG", "PATH", "TMPDIR",
    }  # fmt: skip


def test_a_guest_finds_no_judge_in_memory(sandbox: Sandbox) -> None:
    (names,) = sandbox.run(Job("import sys\nsay(list(sys.modules))")).lines
    rooms = {name.split(".")[1] for name in names if name.startswith("lesson_kit.")}
    assert not rooms & {"server", "grader", "diagnose", "answer", "workshop", "desk", "pitfalls"}
    assert not {"ctypes", "exercises", "solutions"} & set(names)


def test_a_guest_cannot_import_the_rest_of_the_kit(sandbox: Sandbox) -> None:
    ending = sandbox.run(Job("say(1)\nimport lesson_kit.server"))
    assert ending.status in ("crashed", "forbidden")
    assert ending.lines == [1]


def test_a_guest_hears_and_says_nothing_on_the_standard_streams(sandbox: Sandbox) -> None:
    ending = sandbox.run(
        Job("import sys\nprint('x')\nprint('y', file=sys.stderr)\nsay(sys.stdin.read())")
    )
    assert (ending.status, ending.lines, ending.detail) == ("ended", [""], "")


def test_a_guest_may_write_below_its_scratch_folder_and_nothing_is_kept(sandbox: Sandbox) -> None:
    source = "import os, tempfile\nsay(os.listdir())\nopen('a', 'w').write('b')\nwith tempfile.TemporaryDirectory(): pass\nsay(os.getcwd())"
    first, second = sandbox.run(Job(source)), sandbox.run(Job(source))
    assert first.lines[0] == second.lines[0] == []
    assert first.status == "ended"
    assert not os.path.exists(os.path.join(first.lines[1], "a"))


def test_folders_nested_deeper_than_python_recurses_are_swept_away(sandbox: Sandbox) -> None:
    source = "import os\nfor _ in range(900):\n    os.mkdir('d')\n    os.chdir('d')"
    check(
        sandbox, Guest(source, "ended forbidden crashed", (None, 3, 4)), Limits(wall=20.0, cpu=5.0)
    )


def test_a_source_of_ten_megabytes_is_only_long(sandbox: Sandbox) -> None:
    ending = sandbox.run(Job(f"say(1)\nx = '{'long' * 2_500_000}'"))
    assert (ending.status, ending.lines) == ("ended", [1])


def test_threads_and_a_loop_are_nothing_forbidden(sandbox: Sandbox) -> None:
    source = (
        "import asyncio, time\nasync def f():\n    async with asyncio.timeout(5):\n"
        "        return await asyncio.gather(*[asyncio.to_thread(time.sleep, 0.001) for _ in range(20)])\n"
        "say(len(asyncio.run(f())))"
    )
    ending = sandbox.run(Job(source))
    assert (ending.status, ending.lines) == ("ended", [20]), ending
