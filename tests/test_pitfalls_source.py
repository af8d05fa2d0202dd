"""The pitfalls as they are read: marked lines, halves that differ little, plain sentences."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from typing import Any

import pytest
from chatkit.server import ChatKitServer

from lesson_kit.pitfalls import PITFALLS
from lesson_kit.pitfalls.pitfall import MARK
from lesson_kit.script import Script

every_pitfall = pytest.mark.parametrize("name", list(PITFALLS))


def marked(half: Any) -> list[str]:
    return [line.strip() for line in inspect.getsource(half).splitlines() if line.endswith(MARK)]


@every_pitfall
def test_the_lines_to_mend_are_marked_in_broken_alone(name: str) -> None:
    pitfall = PITFALLS[name]
    module = inspect.getsource(inspect.getmodule(pitfall.broken) or pytest)
    assert marked(pitfall.broken)
    assert module.count(MARK) == len(marked(pitfall.broken))
    lines = module.splitlines()
    assert [lines[line - 1].strip() for line in pitfall.lines_to_mend] == marked(pitfall.broken)
    for line in marked(pitfall.broken):
        assert line.removesuffix(MARK).strip()  # code, and not a comment that stands alone


@every_pitfall
def test_each_marked_line_is_changed_in_fixed(name: str) -> None:
    pitfall = PITFALLS[name]
    fixed = {line.strip() for line in inspect.getsource(pitfall.fixed).splitlines()}
    changed = [line.removesuffix(MARK).strip() not in fixed for line in marked(pitfall.broken)]
    # What is missing altogether (a stop, a shield, a Done) is marked where it must be added.
    absent = {"model_not_stopped", "no_interruption", "no_history", "partial_lost", "never_done"}
    assert any(changed) or name in absent


@every_pitfall
def test_the_halves_differ_only_where_it_matters(name: str) -> None:
    broken, fixed = PITFALLS[name].broken, PITFALLS[name].fixed
    assert difflib.SequenceMatcher(None, code(broken), code(fixed)).ratio() > 0.6


def code(half: Any) -> list[str]:
    """The lines of a half, without indentation and marks."""
    lines = inspect.getsource(half).splitlines()[1:]
    return [line.removesuffix(MARK).strip() for line in lines]


@every_pitfall
def test_each_half_is_a_chatkit_server_for_any_script(name: str) -> None:
    for half in (PITFALLS[name].broken, PITFALLS[name].fixed):
        assert isinstance(half, type)
        assert issubclass(half, ChatKitServer)
        assert list(inspect.signature(half).parameters) == ["model", "store"]
        server_class: Any = half
        assert server_class(Script.say("Hello.").model()).store is not None
        has_respond = any(isinstance(node, ast.AsyncFunctionDef) for node in _members(half))
        assert has_respond or name == "tool_yields"


def _members(half: Any) -> list[ast.stmt]:
    [tree] = ast.parse(inspect.getsource(half)).body
    assert isinstance(tree, ast.ClassDef)
    return tree.body


@every_pitfall
def test_symptom_and_reason_are_plain_sentences(name: str) -> None:
    pitfall = PITFALLS[name]
    for text in (pitfall.title, pitfall.symptom, pitfall.reason):
        assert text.strip() == text
        assert "  " not in text
        assert text.isascii()
    assert 20 < len(pitfall.symptom) < 200
    assert 100 < len(pitfall.reason) < 500
    assert pitfall.symptom.endswith(".")
    assert pitfall.reason.endswith((".", ")."))
    assert all(re.fullmatch(r"[AB]\d+|finding \d+", row) for row in pitfall.ledger)
    assert pitfall.ledger
    doc = inspect.getdoc(inspect.getmodule(pitfall.broken)) or ""
    assert "The user sees:" in doc
    assert "Why:" in doc
