"""The check itself: every passage of every file, and the passages that must fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from . import catalogue, sentence
from .kinds import UNKNOWN, Kind, Known
from .passage import Passage
from .readers import files, read
from .report import Problem
from .walk import Walker

__all__ = ["check", "check_texts"]

ROOT = Path(__file__).resolve().parent.parent.parent


def check(root: Path = ROOT, only: Iterable[Path] | None = None) -> list[Problem]:
    """Check the workbook in `root`, or only some of its files. Raises `ValueError` for a file that cannot be read."""
    chosen = files(root) if only is None else list(only)
    words = catalogue.words() | sentence.identifiers(root)
    return [problem for path in chosen for problem in check_texts(read(path, root), words)]


def check_texts(passages: list[Passage], words: frozenset[str]) -> list[Problem]:
    """Check the passages of one file. They share their names, as the cells of a notebook do."""
    scope = _scope_of(passages[0].file) if passages else {}
    words |= _defined(passages)
    found: list[Problem] = []
    for passage in passages:
        found += _check_passage(passage, scope, words)
    wrong = {problem.passage.wrong for problem in found} - {None}
    kept = {(str(problem)): problem for problem in found if problem.passage.wrong is None}
    for passage in passages:
        if passage.wrong and passage.wrong not in wrong and not passage.has_error:
            wrong.add(passage.wrong)  # said once
            what = "marked as a wrong form, but everything in it exists and it shows no error. Take the mark away"
            kept[passage.wrong] = Problem(passage, passage.wrong.split("/")[-1], what)
    return list(kept.values())


def _check_passage(
    passage: Passage, scope: dict[str, Kind], words: frozenset[str]
) -> list[Problem]:
    found: list[Problem] = []

    def note(line: int, name: str, what: str, near: str) -> None:
        found.append(Problem(passage.at(line), name, what, near))

    match passage.kind:
        case "prose":
            sentence.check_versions(passage.text, note)
        case "inline":
            sentence.check_inline(passage.text, note, scope, words)
        case "code":
            tree = _parsed(passage.text)
            if tree is not None:
                names = dict(scope) if passage.wrong else scope
                Walker(note, names, lambda name: UNKNOWN).visit(tree)
            sentence.check_versions(passage.text, note)
    return found


def _parsed(code: str) -> ast.Module | None:
    # A line of IPython, such as `%time f()` or `!pip list`, says nothing about the SDKs.
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.MULTILINE)
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError):
        return None


def _scope_of(file: str) -> dict[str, Kind]:
    """A docstring may use what its own module defines or imports."""
    if not file.startswith("lesson_kit/"):
        return {}
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    home = catalogue.module(name) if not name.endswith("__main__") else None
    here = vars(home).items() if home else ()
    return {
        key: Known(value) for key, value in here if callable(value) and not key.startswith("__")
    }


def _defined(passages: Iterable[Passage]) -> frozenset[str]:
    """Every name that the code of this file defines itself, the keys of its dictionaries too."""
    found: set[str] = set()
    for passage in passages:
        tree = _parsed(passage.text) if passage.kind == "code" and not passage.wrong else None
        for node in ast.walk(tree) if tree else ():
            match node:
                case (
                    ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.ClassDef(name=name)
                ):
                    found.add(name)
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
                case ast.Dict(keys=keys):
                    found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    return frozenset(found)
