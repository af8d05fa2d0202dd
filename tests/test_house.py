"""The rules of the house, read from the source: imports run one way, files stay small, the public surface is pinned."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import lesson_kit

ROOT = Path(lesson_kit.__file__).parent
MODULES = {
    ".".join(("lesson_kit", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in ROOT.rglob("*.py")
}

# A room may import from the rooms above it, and from no other.
ROOMS = [
    "frames", "unwind", "clock", "chromium",
    "script", "tutor", "retry", "model", "store", "recording", "watch",
    "observe", "metrics", "health", "streamlog", "tracing", "scrape",
    "server", "link", "client", "web", "upstream", "conversation",
    "pitfalls", "cassette", "sandbox", "diagnose",
    "scene", "answer", "grader", "logbook", "workshop",
    "panel", "player", "faultpanel", "heartbeat", "dashboard", "desk", "gradebook",
    "serve", "lab", "machine", "doctor", "cli",
]  # fmt: skip

PUBLIC = {
    "Cassette", "ChatClient", "ChatError", "Dashboard", "Deadlock", "FaultPanel", "Heartbeat", "LessonServer", "Limits",
    "Link", "MemoryStore", "Panel", "Player", "Recording", "Reply", "SQLStore", "Script", "ToolCall",
    "check", "create_app", "hint", "off_the_clock", "progress", "reset", "run", "solution", "talk", "timeline",
}  # fmt: skip

FORBIDDEN_NAMES = {
    "utils",
    "helpers",
    "core",
    "common",
    "manager",
    "base",
    "misc",
    "util",
    "helper",
}


@functools.cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@functools.cache
def nodes(name: str) -> list[ast.AST]:
    return list(ast.walk(tree(name)))


@functools.cache
def imports(name: str) -> set[str]:
    """The modules of this kit that a module imports, wherever in it."""
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in nodes(name):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        above = package[: len(package) - node.level + 1]
        target = ".".join([*above, *([node.module] if node.module else [])])
        # `from . import marks` names a module; `from .marks import draw` names something in it.
        inner = {f"{target}.{alias.name}" for alias in node.names} & MODULES.keys()
        found |= inner or ({target} & MODULES.keys())
    return found - {name}


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room(name) for name in MODULES} - {""} == set(ROOMS), "add new rooms to ROOMS"


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"lesson_kit"}))
def test_imports_run_one_way(name: str) -> None:
    for imported in imports(name):
        if room(imported) != room(name):
            assert ROOMS.index(room(imported)) < ROOMS.index(room(name)), (
                f"{name} imports {imported}, which stands below it. Move what both need further up."
            )


def test_no_module_imports_itself_through_others() -> None:
    TopologicalSorter({name: imports(name) for name in set(MODULES) - {"lesson_kit"}}).prepare()


def test_the_public_names_are_these() -> None:
    assert set(lesson_kit.__all__) == PUBLIC
    assert sorted(lesson_kit.__all__) == lesson_kit.__all__
    for name in PUBLIC:
        assert getattr(lesson_kit, name).__name__ == name
    assert not PUBLIC & {room(name) for name in MODULES}


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'Pannel'. It has: Cassette"):
        lesson_kit.Pannel  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_kit_does_not_load_the_sdks() -> None:
    code = (
        "import sys, lesson_kit.cli; print({'agents', 'chatkit', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_files_and_functions_stay_small(name: str) -> None:
    assert MODULES[name].read_text(encoding="utf-8").count("\n") <= 300
    assert MODULES[name].stem not in FORBIDDEN_NAMES
    for node in nodes(name):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 45, f"{node.name} is too long"


def test_checks_and_their_answers_stay_small() -> None:
    folder = ROOT.parent / "exercises" / "checks"
    files = sorted(folder.rglob("*.py"))
    assert files
    for file in files:
        text, name = file.read_text(encoding="utf-8"), file.relative_to(folder)
        assert text.count("\n") <= 300, f"{name} is too long: put parts of it into {file.stem[:4]}/"
        assert file.stem not in FORBIDDEN_NAMES, name
        code = ast.parse(text)
        assert ast.get_docstring(code), f"{name} needs a first line that names its one concept"
        for node in ast.walk(code):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 45, f"{name}: {node.name} is too long"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_module_says_what_it_is(name: str) -> None:
    docstring = ast.get_docstring(tree(name))
    assert docstring, f"{name} needs a first line that names its one concept"
