"""`lesson-kit diagnose`: exit codes, JSON, and one clear line for bad use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from lesson_kit.cli.diagnose import diagnose

FILES = Path(__file__).parent / "diagnose"
# Each starts processes and meets the wall clock; on the worker that has a nursery already.
pytestmark = pytest.mark.live


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(diagnose)
    return CliRunner().invoke(app, list(arguments))


def test_findings_are_json_and_exit_code_1() -> None:
    done = call(str(FILES / "broken" / "last_message_only.py"), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert set(told) == {"findings", "figures"}
    [finding] = told["findings"]
    assert set(finding) == {"cause", "file", "line", "evidence", "mend"}
    assert (finding["cause"], finding["line"]) == ("no_history", 22)


def test_a_clean_bill_is_exit_code_0_and_shows_the_figures() -> None:
    done = call(str(FILES / "healthy" / "decorated.py"))
    assert done.exit_code == 0
    assert "clean: no known fault was found" in done.stdout
    assert "first token:" in done.stdout


def test_a_finding_names_cause_place_evidence_and_mend() -> None:
    done = call(str(FILES / "broken" / "last_message_only.py"))
    assert done.exit_code == 1
    assert "no_history at last_message_only.py:22" in done.stdout
    assert "seen: on the second question" in done.stdout
    assert "mend: Load the thread's items" in done.stdout


def test_bad_use_is_exit_code_2_and_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "respond.py"
    broken.write_text("class A:\n    def f(self)\n        pass\n")
    empty = tmp_path / "empty.py"
    empty.write_text("")
    for file, says in (
        (broken, f"{broken}:2: not Python"),
        (empty, f"{empty}: expected a ChatKitServer"),
        (tmp_path / "gone.py", "there is none"),
    ):
        done = call(str(file))
        assert done.exit_code == 2
        assert says in done.stderr
        assert done.stderr.strip().count("\n") == 0
        assert done.stdout == ""
