"""The pinned packages fit pyproject.toml, and every direct one has its reason."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tools import relock

ROOT = Path(__file__).parent.parent


def test_the_lock_file_pins_all_that_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name]), requirement
    assert "://" not in text, "an index address got into requirements.lock"
    assert text.count("--hash=") >= len(pins)


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.findall(r'^  "[a-z][\w\[\]-]*[<>=~].*$', text, re.MULTILINE)
    assert listed
    assert [line for line in listed if "  # " not in line] == []


def test_relocking_writes_no_index_address() -> None:
    command = relock.compile_command("uv", ["--upgrade"])
    assert {"--universal", "--generate-hashes", "--no-emit-index-url", "--upgrade"} <= set(command)
