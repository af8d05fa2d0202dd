"""What README.md and CONTRIBUTING.md say exists: commands, options, files, marks, names."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import lesson_kit
from lesson_kit.cli import app

from .test_house import ROOMS

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md")
MADE_LATER = {".lesson_kit/"}  # by the student's first check


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def command_lines() -> Iterator[str]:
    """All command lines: those in blocks, and those in the running text."""
    for page in PAGES:
        for language in ("sh", "powershell"):
            for block in blocks(page, language):
                yield from block.splitlines()
        yield from re.findall(r"`((?:make|\.venv)[^`\n]*)`", text_of(page))


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_every_make_command_exists() -> None:
    named = {line.split()[1] for line in command_lines() if re.match(r"make \w", line)}
    assert {"lab", "test", "check", "clean", "lock"} <= named
    assert named <= make_targets()


def test_every_lesson_kit_command_exists() -> None:
    named = {m[1] for line in command_lines() if (m := re.search(r"bin/lesson-kit (\w+)", line))}
    commands = typer.main.get_command(app)
    assert {"ask", "serve", "lab", "diagnose", "doctor", "check", "hint", "progress"} <= named
    assert named <= set(getattr(commands, "commands", {}))


def test_the_plain_pip_commands_do_what_make_does() -> None:
    made = (ROOT / "tools" / "environment.py").read_text(encoding="utf-8")
    options = {"--require-hashes", "--no-deps", "--no-build-isolation"}
    assert all(f'"{option}"' in made for option in options)
    for language in ("sh", "powershell"):
        (block,) = [b for b in blocks("README.md", language) if "pip install" in b]
        venv, packages, project, lab = block.splitlines()
        assert venv.endswith("-m venv .venv")
        assert packages.endswith("-m pip install --require-hashes -r requirements.lock")
        assert project.endswith("-m pip install --no-deps --no-build-isolation -e .")
        assert lab.endswith("lesson-kit lab")


def test_windows_gets_its_own_form_of_each_path() -> None:
    for block in blocks("README.md", "powershell"):
        assert ".venv/bin" not in block
        assert "export " not in block


def test_every_file_named_exists() -> None:
    for page in PAGES:
        named = re.findall(r"`([\w./]+/|[\w./-]+\.(?:md|py|ipynb|lock|toml))`", text_of(page))
        named += re.findall(r"\]\(([^)#:]+)\)", text_of(page))
        assert named
        for name in {n for n in named if "exNN" not in n} - MADE_LATER:
            assert (ROOT / name).exists(), f"{page} names {name}"


def test_the_folder_list_names_what_is_there() -> None:
    (block,) = blocks("README.md", "text")
    for line in block.splitlines():
        name = line.split()[0]
        if line.startswith("  "):
            place = ROOT / "lesson_kit" / name
            assert place.is_dir() or place.with_suffix(".py").is_file(), name
        else:
            assert (ROOT / name).exists(), name


def test_no_folder_is_missing_from_the_list() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git folder")
    folders = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}
    (block,) = blocks("README.md", "text")
    named = {line.split("/")[0] for line in block.splitlines() if not line.startswith(" ")}
    assert {folder for folder in folders if not folder.startswith(".")} <= named


def test_every_variable_named_is_read_somewhere() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "lesson_kit").rglob("*.py")
    )
    named = set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", text_of("README.md")))
    assert named == {
        "LESSON_KIT_MODEL",
        "LESSON_KIT_FALLBACK_MODEL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
    }
    assert all(f'"{name}"' in source for name in named)


def test_the_order_of_imports_is_the_one_that_is_checked() -> None:
    (line,) = [b.strip() for b in blocks("CONTRIBUTING.md", "text") if "->" in b]
    parts = re.split(r"\s*->\s*", line)
    assert parts == sorted(parts, key=ROOMS.index)


def test_every_mark_and_fixture_that_contributors_are_told_of_exists() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    marks = {mark.split(":")[0] for mark in config["tool"]["pytest"]["ini_options"]["markers"]}
    assert marks == {"live", "browser", "notebooks", "slow"}
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    assert "def free_port(" in conftest
    assert "def page(" in conftest
    assert callable(lesson_kit.run)


def test_what_the_readme_asks_of_python_is_what_the_package_asks() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert config["project"]["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in text_of("README.md")


def test_pre_commit_downloads_nothing() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (.*)", config) == ["local"]
    assert set(re.findall(r"language: (.*)", config)) == {"system"}


def test_continuous_integration_runs_what_a_contributor_runs() -> None:
    runner = ROOT / ".ci" / "run"
    assert "make test" in runner.read_text(encoding="utf-8")
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "make test" in workflow
