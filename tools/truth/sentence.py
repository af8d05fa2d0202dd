"""Code in the middle of a sentence, and the versions that a sentence names."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import httpx2
import starlette.responses
from agents import RunContextWrapper
from agents.result import RunResultStreaming
from agents.stream_events import StreamEvent
from chatkit.agents import AgentContext
from chatkit.types import ThreadItem, ThreadMetadata, ThreadStreamEvent, UserMessageItem
from openai.types.responses import Response as ApiResponse
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from . import catalogue
from .declared import members
from .expressions import EVENT, Note, Scope
from .kinds import MISSING, UNKNOWN, Instance, Kind, Known, attribute
from .report import nearest
from .walk import Walker

__all__ = ["check_inline", "check_versions", "identifiers"]

# What a sentence means by these names, where its notebook or page has not defined them.
_USUAL: Scope = {
    "result": Instance(RunResultStreaming),
    "event": Instance(StreamEvent | ThreadStreamEvent),
    "ctx": Instance(RunContextWrapper[AgentContext[Any]]),
    "thread": Instance(ThreadMetadata),
    "item": Instance(ThreadItem),
    "input_user_message": Instance(UserMessageItem),
    "input": Instance(UserMessageItem),
}
_RESPONSES = (ApiResponse, httpx2.Response, starlette.responses.Response)
# Names of the web platform and of other tools that a text about streaming may use.
_ELSEWHERE = frozenset(
    {
        *(
            "AbortController",
            "AbortSignal",
            "CustomEvent",
            "DOMPurify",
            "EventSource",
            "EventTarget",
        ),
        *("FastAPI", "GitHub", "IPython", "JavaScript", "JupyterLab", "MessageEvent", "PostgreSQL"),
        *("PowerShell", "ReadableStream", "SQLite", "TextDecoder", "TypeScript", "WebSocket"),
    }
)
_CAMEL = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_HISTORY = re.compile(
    r"\b(?:since|until|before|after|older than|newer than)[ `\n]+$", re.IGNORECASE
)
_EXAMPLE = re.compile(r"^test_|_\d+$")  # the name of a test; an id such as msg_1
_VERSION = re.compile(
    r"(?<![@/\w.-])(?P<name>[A-Za-z][\w-]*(?:[ ](?:SDK|Agents[ ]SDK))?)(?:\[\w+\])?[ ]?"
    r"(?P<sign>==|~=|>=|<=|!=|<|>)?[ ]?v?(?P<number>\d+(?:\.\d+)*)(?P<open>\.x|\+)?"
    r"(?P<more>(?:,[ ]?[<>!=~]=?\d[\d.]*)*)"
)


def check_inline(text: str, note: Note, scope: Scope, words: frozenset[str]) -> None:
    """Check one piece of code from a sentence: an expression, a name, an event type, a keyword."""
    if EVENT.fullmatch(text) and _names_an_event(text, scope):
        if text not in catalogue.event_types() and text not in words:
            note(
                1,
                text,
                "no event, item or part has this type",
                nearest(text, catalogue.event_types()),
            )
        return
    tree = _parsed(text)
    if tree is None:
        return
    said: set[str] = set()

    def note_once(line: int, name: str, what: str, near: str) -> None:
        if name.rstrip("=") not in said:
            said.add(name.rstrip("="))
            note(line, name, what, near)

    Walker(note_once, {**_USUAL, **scope}, _by_bare_name).visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            _check_assigned(node, note_once)
        for name in _names_in(node):
            if _is_invented(name) and name not in words and name not in scope:
                near = nearest(name, catalogue.words())
                note_once(1, name, "no package here has such a name", near)


def _is_invented(name: str) -> bool:
    """Whether somebody made this name up for code: it is no plain word, and none of the web platform."""
    if _EXAMPLE.search(name) or name in _ELSEWHERE:
        return False
    return bool(_CAMEL.fullmatch(name) or _SNAKE.fullmatch(name))


def _names_an_event(text: str, scope: Scope) -> bool:
    """`thread.id` is an attribute, `thread.item.added` an event; `response.text` may be of a variable."""
    root, _, rest = text.partition(".")
    if not rest:
        return text.endswith("_event")
    if root in scope:
        return False
    kind = {**_USUAL, "response": UNKNOWN}.get(root, MISSING)
    if rest.count("."):
        return True
    if kind is UNKNOWN:
        return not any(rest in members(kind) for kind in _RESPONSES)
    return attribute(kind, rest) is MISSING


def _check_assigned(node: ast.Assign, note: Note) -> None:
    """`icon="upload"` in a sentence is a keyword, though Python reads an assignment."""
    match node:
        case ast.Assign(targets=[ast.Name(id="icon")], value=ast.Constant(value=str(icon))):
            if not catalogue.is_icon(icon):
                near = nearest(icon, catalogue.icons()) or f"lucide:{icon}"
                note(1, f'icon="{icon}"', "ChatKit has no such icon", near)


def _parsed(text: str) -> ast.Module | None:
    text = re.sub(r"=\s*(?=[,)]|$)", "=...", text)  # `context=` and `run(..., context=)`
    for form in (text, f"{text} ..." if text.endswith(":") else text):
        try:
            return ast.parse(form)
        except (SyntaxError, ValueError):
            continue
    return None


def _names_in(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.keyword(arg=str(name)):
            return [name]
        case ast.Attribute(value=ast.Name(id="context")):
            return []  # a request context is the application's own: anything may be in it
        case ast.Attribute(attr=name):
            return [name]
    return []


def _by_bare_name(name: str) -> Kind:
    if name in catalogue.ROOTS:
        return Known(catalogue.module(name))
    found = catalogue.named().get(name) or catalogue.methods().get(name)
    return UNKNOWN if found is None else Known(found)


def identifiers(root: Path) -> frozenset[str]:
    """Every name that the workbook itself defines; names that it only uses do not count."""
    found: set[str] = set()
    for folder in ("lesson_kit", "tools", "tests"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        found.add(name)
                    case ast.ClassDef(name=name) | ast.arg(arg=name):
                        found.add(name)
                    case (
                        ast.Name(id=name, ctx=ast.Store())
                        | ast.Attribute(attr=name, ctx=ast.Store())
                    ):
                        found.add(name)
                    case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
                        found |= {
                            str(v.value) for v in ast.walk(values) if isinstance(v, ast.Constant)
                        }
            found.add(path.stem)
    for path in [*(root / "lesson_kit").rglob("*.js"), root / "pyproject.toml", root / "Makefile"]:
        if path.is_file():
            found.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return frozenset(found)


def check_versions(text: str, note: Note) -> None:
    """Check each version of a direct dependency that a text names against the installed one."""
    installed = catalogue.versions()
    for found in _VERSION.finditer(text):
        name = found["name"].lower()
        if name not in installed:
            name = name.rpartition(" ")[2]
        if name not in installed or not ("." in found["number"] or found["open"] or found["sign"]):
            continue
        if _HISTORY.search(text[: found.start()]):
            continue  # what was so in an older release, or will be, is no claim about the installed one
        if not _fits(Version(installed[name]), found):
            line = text.count("\n", 0, found.start()) + 1
            note(
                line,
                found.group().strip(),
                "another version is installed",
                f"{name} {installed[name]}",
            )


def _fits(installed: Version, found: re.Match[str]) -> bool:
    number = found["number"]
    if found["sign"] or found["open"] == "+":
        return installed in SpecifierSet(
            f"{found['sign'] or '>='}{number}{found['more']}", prereleases=True
        )
    named = tuple(map(int, number.split(".")))
    return installed.release[: len(named)] == named
