"""The machine's Chromium: found, or its tests are skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lesson_kit.chromium import PLACES, chromium_version, find_chromium


def test_the_first_known_command_is_taken() -> None:
    there = {"google-chrome": "/bin/google-chrome", "chromium-browser": "/bin/chromium-browser"}
    assert find_chromium({}, there.get) == Path("/bin/chromium-browser")


def test_a_browser_outside_path_is_found_where_its_system_keeps_it() -> None:
    assert find_chromium({}, lambda name: name if name == PLACES[0] else None) == Path(PLACES[0])


def test_the_variable_chromium_decides_alone() -> None:
    there = {"chromium": "/bin/chromium", "/opt/own": "/opt/own"}
    assert find_chromium({"CHROMIUM": "/opt/own"}, there.get) == Path("/opt/own")
    assert find_chromium({"CHROMIUM": "/opt/wrong"}, there.get) is None
    assert find_chromium({"CHROMIUM": ""}, there.get) == Path("/bin/chromium")


def test_no_browser_is_none() -> None:
    assert find_chromium({}, lambda name: None) is None


@pytest.mark.live
def test_a_browser_that_does_not_start_has_no_version(tmp_path: Path) -> None:
    assert chromium_version(tmp_path / "missing") is None
    assert chromium_version(Path(sys.executable)) == f"Python {sys.version.split()[0]}"


@pytest.mark.live
def test_without_a_browser_all_its_tests_are_skipped_in_one_line() -> None:
    files = [f"tests/browser/test_{name}.py" for name in ("sse", "axe", "plain_page")]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "CHROMIUM": "/no/such/browser"},
        capture_output=True,
        text=True,
    )
    lines = [line for line in told.stdout.splitlines() if line.startswith("SKIPPED")]
    assert told.returncode == 0, told.stdout
    assert len(lines) == 1, told.stdout
    assert "apt-get install chromium" in lines[0]
