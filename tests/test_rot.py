"""The trial of the newest releases: what it would install, what it says, and that it says so offline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import rot
from tools.rot import Ended, Failure

ROOT = Path(__file__).parent.parent
PYPROJECT = """
[project]
dependencies = ["openai-agents>=0.24,<0.25", "openai>=3,!=3.1,<4", "openai-chatkit[x]~=1.6", "rich>=15,<16"]
[project.optional-dependencies]
dev = ["pytest>=9.2,<10"]
"""
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_play" name="test_fine"/>
<testcase classname="tests.test_play" name="test_gap[one]"><failure message="TypeError: no gap&#10;more">x</failure></testcase>
<testcase classname="tests.test_play" name="test_gap[two]"><failure message="TypeError: no gap">x</failure></testcase>
<testcase classname="tests.test_model" name="test_key"><error message="">ImportError: gone</error></testcase>
<testcase classname="" name="tests.test_new"><error message="collection failure">ImportError</error></testcase>
</testsuite></testsuites>"""


class Fake:
    """A computer on which every command ends as the test says; it writes the report that pytest would write."""

    def __init__(self, junit: str = "<testsuites/>", pinned: str = "", **ends: Ended) -> None:
        self.junit = junit
        self.pinned = pinned
        self.ends = ends
        self.commands: list[str] = []

    def __call__(self, command: Sequence[str]) -> Ended:
        self.commands.append(" ".join(command))
        for option in command:
            report = self.pinned if "pinned.xml" in option else self.junit
            if option.startswith("--junitxml=") and report:
                Path(option.partition("=")[2]).write_text(report, encoding="utf-8")
        if "list" in command:
            return Ended(
                0,
                json.dumps(
                    [{"name": "openai", "version": "9.0"}, {"name": "Rich", "version": "1"}]
                ),
            )
        signs = {"tests": "-m pytest", "install": "--upgrade", "truth": "tools.truth"}
        kind = next((name for name in self.ends if signs[name] in self.commands[-1]), "")
        return self.ends.get(kind, Ended(0, ""))

    def try_it(self) -> int:
        return rot.main([], run=self, make=str)


def test_only_the_sdks_lose_their_upper_bounds() -> None:
    assert rot.requirements(PYPROJECT) == [
        "openai-agents>=0.24", "openai>=3,!=3.1", "openai-chatkit[x]", "rich>=15,<16", "pytest>=9.2,<10",
    ]  # fmt: skip


def test_the_projects_own_file_names_all_sdks() -> None:
    wanted = rot.requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    sdks = [one for one in wanted if one.partition(">")[0] in rot.SDKS]
    assert len(sdks) == len(rot.SDKS)
    assert not any("<" in one for one in sdks)


def test_changes_name_the_sdks_first_and_those_that_did_not_move() -> None:
    before = {"rich": "1", "openai": "3", "openai-agents": "1", "gone": "1", "same": "1"}
    after = {"rich": "2", "openai": "4", "openai-agents": "1", "new": "1", "same": "1"}
    expected = ["openai-agents 1 (no newer release)", "openai 3 -> 4", "rich 1 -> 2"]
    assert rot.changes(before, after) == expected


def test_the_pins_are_read_from_the_lock() -> None:
    pins = rot.pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert set(rot.SDKS) <= set(pins)
    assert rot.pins("a==1.2 \\\n    --hash=sha256:0\nb==3 ; os\n") == {"a": "1.2", "b": "3"}


def test_failures_are_grouped_by_test() -> None:
    found = rot.failures(JUNIT)
    assert found[0] == Failure("tests/test_play", "test_gap", "one", "TypeError: no gap")
    assert rot.grouped(found) == [
        "collection",
        "  tests.test_new: collection failure",
        "tests/test_model",
        "  test_key: ImportError: gone",
        "tests/test_play",
        "  test_gap (2 cases): TypeError: no gap",
    ]


def test_when_all_holds_it_says_so_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake()
    assert fake.try_it() == 0
    said = capsys.readouterr().out
    assert "openai 3" in said
    assert "-> 9.0" in said
    assert said.endswith("rot: everything holds with the newest releases.\n")
    assert [line.split()[2] for line in fake.commands] == [
        "pip",
        "pip",
        "pip",
        "pytest",
        "tools.truth",
    ]


def test_what_broke_is_told_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake(
        JUNIT, tests=Ended(1, "…"), truth=Ended(1, "README.md:1: Runer: agents has no such name.")
    )
    assert fake.try_it() == 1
    said = capsys.readouterr().out
    assert "4 tests fail with the newest releases only:" in said
    assert "  test_gap (2 cases): TypeError: no gap" in said
    assert "README.md:1: Runer" in said
    assert "make lock UPGRADE=1" in said


def test_what_fails_with_the_pins_too_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert Fake(JUNIT, JUNIT.replace("test_key", "test_other"), tests=Ended(1, "")).try_it() == 1
    said = capsys.readouterr().out
    newest, pinned = said.split("fail with the pinned releases too:")
    assert "1 tests fail with the newest releases only:\ntests/test_model\n  test_key" in newest
    assert "test_gap (2 cases)" in pinned
    assert Fake(JUNIT, JUNIT, tests=Ended(1, "")).try_it() == 1
    assert "run `make test` first" in capsys.readouterr().out


def test_the_file_of_a_test_in_a_class_is_known() -> None:
    assert Failure("tests/test_x/TestIt", "test_a", "", "").path == "tests/test_x.py"
    assert Failure("tests/live/test_x", "test_a", "", "").path == "tests/live/test_x.py"


def test_false_names_alone_are_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert Fake(truth=Ended(1, "README.md:1: Runer")).try_it() == 1
    assert "README.md:1: Runer" in capsys.readouterr().out


def test_offline_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = "ERROR: Could not find a version that satisfies openai (from versions: none)\nNo matching distribution found"
    fake = Fake(install=Ended(1, text))
    assert fake.try_it() == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "rot: install the newest releases failed: the package server could not be reached"
    )
    assert len(fake.commands) == 1


def test_a_pytest_that_dies_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert Fake("", tests=Ended(3, "INTERNALERROR")).try_it() == 2
    assert "INTERNALERROR" in capsys.readouterr().err
    assert Fake(tests=Ended(4, "no such option")).try_it() == 1
    assert "pytest ended with 4" in capsys.readouterr().out


def test_a_dry_run_says_all_commands_and_runs_none(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake()
    assert rot.main(["--dry-run"], run=fake) == 0
    said = capsys.readouterr().out
    assert fake.commands == []
    assert "openai-agents>=0.24 " in said
    assert "-m tools.truth" in said


def test_the_workflow_runs_it_every_week() -> None:
    workflow = (ROOT / ".github" / "workflows" / "rot.yml").read_text(encoding="utf-8")
    assert "make rot" in workflow
    assert 'cron: "' in workflow
    assert "contents: read" in workflow
