"""The bank of hostile answers: the right status for each, the neighbours untouched, nothing changed outside."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.answer import Answer
from lesson_kit.answer.reading import LARGEST_SOURCE
from lesson_kit.gradebook import Record, collect, grade_all, worker
from lesson_kit.grader import find_exercise, run
from lesson_kit.grader.catalog import checks_folder
from lesson_kit.sandbox import Job, Limits, Sandbox
from tests.gradebook.serial import Serial
from tests.grading import ROOT, solution
from tests.sandbox.nobody import AS_NOBODY, python_for_everybody

EX03 = "ex03_thinking_indicator"
HONEST = solution("ex03")
BANK = sorted(path for path in (Path(__file__).parent / "hostile").glob("[a-z]*.py"))
# What costs no seconds: tried in every run, the others with the slow tests.
SAMPLE = (
    "exit_raised", "fork", "forge_through_the_stack", "stop_the_loop", "sleep_for_an_hour", "patch_the_kit", "memory_at_once",
    "write_a_file", "network_by_the_loop", "cancel_all_tasks", "class_that_lies",
)  # fmt: skip
LIMITS = Limits(wall=2.0)
# For what does not end of itself: to wait longer for its end would prove no more.
ENDLESS = Limits(wall=2.0, cpu=0.1)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux"),
]


def rights(text: str) -> tuple[list[str], list[str]]:
    """The statuses that are right for an answer: as it is graded, and where nobody looked at its source before."""
    right, _, behind = text.splitlines()[0].removeprefix("# right: ").partition(" | behind the look: ")  # fmt: skip
    return right.split(), behind.split()


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as made:
        made.start()
        yield made


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder that no answer may change, and none may see into."""
    folder = tmp_path / "canary"
    folder.mkdir()
    (folder / "secret.txt").write_text("the answers")
    return folder


def batch(tmp_path: Path, canary: Path, names: list[str]) -> Path:
    """Two honest neighbours, and the hostile between them."""
    folder = tmp_path / "class"
    for name in ("a honest", "zz honest"):
        (folder / name).mkdir(parents=True)
        (folder / name / "ex03.py").write_text(HONEST, encoding="utf-8")
    for path in BANK:
        if path.stem in names:
            text = path.read_text(encoding="utf-8")
            (folder / path.stem).mkdir()
            text = text.replace("CANARY", str(canary)).replace("ROOT", str(ROOT))
            (folder / path.stem / "ex03.py").write_text(text, encoding="utf-8")
    return folder


def limited(**asked: Any) -> Job:
    """A job with less time than it has every day: but the honest have what they always have."""
    if asked["source"] == HONEST:
        return Job(**asked)
    endless = "timeout" in asked["source"].partition("\n")[0]
    return Job(**asked, limits=ENDLESS if endless else LIMITS)


def graded(folder: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, Record]:
    monkeypatch.setattr(run, "Job", limited)
    found = collect([folder], {EX03: ["ThinkingServer"]}).submissions
    records = grade_all(
        found, seed=1, checks=str(checks_folder()), executors=lambda: Serial(box), workers=1
    )
    return {record.student: record for record in records}


def proven(names: list[str], box: Sandbox, tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch, *, look: bool) -> None:  # fmt: skip
    if not look:
        monkeypatch.setattr(worker, "answer_of_bytes", lambda data, *rest: Answer(data.decode()))
    folder = batch(tmp_path, canary, names)
    before = contents(tmp_path)
    records = graded(folder, box, monkeypatch)
    honest = [records.pop("a honest"), records.pop("zz honest")]
    assert [(one.status, one.score) for one in honest] == [("passed", 10)] * 2
    assert len(records) == len(names)
    wrong = {}
    for name, record in records.items():
        text = (tmp_path / "class" / name / "ex03.py").read_text(encoding="utf-8")
        right = rights(text)[0 if look else 1]
        if record.status not in right or record.score > 4:
            wrong[name] = (record.status, record.score, right, record.trouble)
    assert wrong == {}
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """All files below a folder: everybody's work, and the canary."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bank_is_as_large_as_it_should_be() -> None:
    assert len(BANK) >= 40
    assert set(SAMPLE) <= {path.stem for path in BANK}
    assert all(rights(path.read_text(encoding="utf-8"))[0] for path in BANK)


@pytest.mark.parametrize("look", [True, False], ids=["as graded", "behind the look"])
def test_a_sample_of_hostile_answers_harms_nobody(
    box: Sandbox, tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch, look: bool
) -> None:
    names = [path.stem for path in BANK if path.stem in SAMPLE and (look or rights(path.read_text())[1])]  # fmt: skip
    proven(names, box, tmp_path, canary, monkeypatch, look=look)


@pytest.mark.slow
@pytest.mark.parametrize("look", [True, False], ids=["as graded", "behind the look"])
def test_the_whole_bank_harms_nobody(
    box: Sandbox, tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch, look: bool
) -> None:
    names = [path.stem for path in BANK if path.stem not in SAMPLE and (look or rights(path.read_text())[1])]  # fmt: skip
    proven(names, box, tmp_path, canary, monkeypatch, look=look)


# --- files that cannot lie in a repository ---

FILES = {
    "no UTF-8": ("ex03.py", b"class ThinkingServer:\n    name = '\xff\xfe'", "syntax_error"),
    "ten megabytes": ("ex03.py", b"# " + b"x" * 10_000_000, "forbidden"),
    "a long source": ("ex03.py", b"x = 1\n" * LARGEST_SOURCE, "forbidden"),
    "null bytes": ("ex03.py", b"class ThinkingServer: pass\0", "syntax_error"),
    "brackets without end": ("ex03.py", b"(" * 100_000, "syntax_error"),
    "minus signs without end": ("ex03.py", b"x = " + b"-" * 100_000 + b"1", "syntax_error"),
    "dots without end": ("ex03.py", b"class ThinkingServer: pass\nx = a" + b".b" * 50_000, "syntax_error"),
    "a huge constant": ("ex03.py", b"class ThinkingServer: pass\nx = 'a' * 10**9 * 10**9", "failed out_of_memory"),
    "a number too long to read": ("ex03.py", b"class ThinkingServer: pass\nx = " + b"9" * 50_000, "syntax_error"),
    "an empty file": ("ex03.py", b"", "missing"),
    "an empty notebook": ("ex03.ipynb", b"", "syntax_error"),
    "a notebook that is nested": ("ex03.ipynb", b'{"cells":' + b"[" * 100_000, "syntax_error"),
    "a notebook of a million cells": ("ex03.ipynb", b'{"cells": [' + b"{}," * 1_000_000 + b"{}]}", "missing"),
    "a notebook of nonsense": ("ex03.ipynb", b'{"cells": {"a": [1e999]}}', "missing syntax_error"),
}  # fmt: skip


def test_files_of_every_kind_are_read_or_refused(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, (file, data, _) in FILES.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_bytes(data)
    records = graded(tmp_path, box, monkeypatch)
    assert {name: record.status for name, record in records.items() if record.status not in FILES[name][2].split()} == {}  # fmt: skip
    assert len(records) == len(FILES)


# --- real processes, and an ordinary user ---


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may write to; those of pytest belong to one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def command(*args: object) -> subprocess.CompletedProcess[str]:
    """Run `lesson-kit grade` as nobody, where this user may become that; who is no root is an ordinary user already."""
    prefix, python = [], sys.executable
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv to become somebody else")
        prefix, python = AS_NOBODY, python_for_everybody()
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    code = "from lesson_kit.cli import main\nif __name__ == '__main__': main()"
    return subprocess.run(
        [*prefix, python, "-P", "-c", code, "grade", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT}{os.pathsep}{packages}",
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )


@pytest.mark.slow
def test_the_command_grades_an_archive_as_an_ordinary_user(place: Path) -> None:
    names = {"exit_raised": "crashed", "fork": "forbidden", "stop_the_loop": "crashed"}
    archive, out = place / "canvas.zip", place / "out"
    with zipfile.ZipFile(archive, "w") as made:
        for number, name in enumerate(names, 1):
            text = next(path for path in BANK if path.stem == name).read_text(encoding="utf-8")
            made.writestr(f"{name.replace('_', '')}_{number}_{number}_ex03.py", text)
        made.writestr("zada_9_9_ex03.py", HONEST)
    done = command(archive, "--out", out, "--seed", 1, "--json", "--workers", 1)
    assert done.returncode == 0, done.stderr
    found = {one["student"]: one for one in json.loads(done.stdout)["submissions"]}
    assert found["zada"]["score"] == 10
    assert "seccomp" in found["zada"]["isolation"] or platform.machine() != "x86_64"
    for name, right in names.items():
        assert found[name.replace("_", "")]["status"] == right
    assert "zada" in (out / "class.html").read_text(encoding="utf-8")


def test_the_exercise_of_the_bank_is_there() -> None:
    assert find_exercise("ex03").name == EX03
