"""A look at an answer's source before it runs: modules that it may not use, and the usual ways round that.

It is the friendliest of the walls, not the strongest: it names the line and says a sentence. What it lets through runs
in the sandbox all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Refusal", "look"]


class Refusal(NamedTuple):
    """Why an answer is not run: the line, and a sentence for the student."""

    line: int
    message: str


# Built-in functions that reach outside the answer, or run a text as code.
_CALLS = {
    "__builtins__", "__import__", "__loader__", "__spec__", "breakpoint", "compile", "eval", "exec", "exit", "globals",
    "locals", "open", "quit", "vars",
}  # fmt: skip
# Attributes that lead from any object to the interpreter's insides.
_INSIDES = {
    "__base__", "__bases__", "__builtins__", "__closure__", "__code__", "__dict__", "__func__", "__getattribute__",
    "__globals__", "__import__", "__loader__", "__mro__", "__reduce__", "__reduce_ex__", "__self__", "__spec__",
    "__subclasses__", "__traceback__", "__wrapped__", "ag_code", "ag_frame", "cr_code", "cr_frame", "f_back",
    "f_builtins", "f_globals", "f_locals", "gi_code", "gi_frame", "mro", "tb_frame", "tb_next", "_getframe",
}  # fmt: skip
# What an allowed module carries along, or offers, that leads out of the process.
_OUTSIDE = {
    "FileHandler", "_os", "_sys", "_thread", "builtins", "codecs", "create_connection", "create_server",
    "create_subprocess_exec", "create_subprocess_shell", "ctypes", "gc", "importlib", "inspect", "io", "open_connection",
    "open_unix_connection", "os", "pathlib", "pickle", "shutil", "signal", "socket", "start_server",
    "start_unix_server", "subprocess", "sys", "tempfile", "threading", "traceback", "warnings",
}  # fmt: skip
_BY_NAME = {"delattr", "getattr", "hasattr", "setattr"}


def look(tree: ast.Module, may_use: Sequence[str]) -> Refusal | None:
    """Find the first thing that an answer may not do; None when there is none."""
    found = sorted(_refusals(tree, may_use))
    return found[0] if found else None


def _refusals(tree: ast.Module, may_use: Sequence[str]) -> Iterator[Refusal]:
    nodes = list(ast.walk(tree))
    imported: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            yield from _import(node, may_use)
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in _CALLS:
            yield Refusal(node.lineno, f"An answer may not use {node.id}.")
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, imported)
        elif isinstance(node, ast.Call):
            yield from _call(node, imported)


def _import(node: ast.Import | ast.ImportFrom, may_use: Sequence[str]) -> Iterator[Refusal]:
    if isinstance(node, ast.ImportFrom):
        names = [node.module or "."] if not node.level else ["." * node.level]
        for alias in node.names:
            if alias.name in _OUTSIDE | _INSIDES:
                yield Refusal(node.lineno, f"An answer may not import {alias.name}.")
    else:
        names = [alias.name for alias in node.names]
    for name in names:
        parts = name.split(".")
        if parts[0] not in may_use or set(parts[1:]) & _OUTSIDE:
            yield Refusal(
                node.lineno,
                f"An answer may not import {name}. The notebook lists the modules that it may use.",
            )


def _attribute(node: ast.Attribute, imported: set[str]) -> Iterator[Refusal]:
    if node.attr in _INSIDES:
        yield Refusal(node.lineno, f"An answer may not use .{node.attr}.")
    root = _root(node)
    if root in imported:
        if node.attr in _OUTSIDE:
            yield Refusal(node.lineno, f"An answer may not use {root}'s {node.attr}.")
        if isinstance(node.ctx, ast.Store | ast.Del):
            yield Refusal(
                node.lineno, f"An answer may not change {root}: it is not part of the answer."
            )


def _call(node: ast.Call, imported: set[str]) -> Iterator[Refusal]:
    if not isinstance(node.func, ast.Name) or node.func.id not in _BY_NAME:
        return
    called = node.func.id
    name = node.args[1] if len(node.args) > 1 else None
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        yield Refusal(node.lineno, f"An answer may use {called} only with a name in quotes.")
    elif name.value in _INSIDES | _OUTSIDE:
        yield Refusal(node.lineno, f"An answer may not use .{name.value}.")
    elif called in ("setattr", "delattr") and _root(node.args[0]) in imported:
        yield Refusal(node.lineno, "An answer may not change a module: it is not part of it.")


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
