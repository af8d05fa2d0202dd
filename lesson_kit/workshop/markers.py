"""The markers round a solution: what the student gets in their place.

    ### BEGIN SOLUTION: send the thinking line
    yield ProgressUpdateEvent(icon="clock", text="Thinking...")
    ### END SOLUTION

becomes

    if False: yield  # keeps this function a generator
    # TODO: send the thinking line
    raise NotImplementedError("send the thinking line")
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["MarkerError", "stub"]

_BEGIN = re.compile(r"^(\s*)### BEGIN SOLUTION(?::\s*(.*?))?\s*$")
_END = re.compile(r"^\s*### END SOLUTION\s*$")
# Never true, so that it does no harm where it is left in: a bare yield would end an answer with a None.
_YIELD = "if False: yield  # keeps this function a generator"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class MarkerError(ValueError):
    """Markers that cannot be turned into a stub; the message says which, and what to do."""


@dataclass(frozen=True)
class Region:
    """Lines between two markers, both included, counted from 1."""

    first: int
    last: int
    indent: str
    todo: str

    def holds(self, line: int) -> bool:
        return self.first <= line <= self.last


def stub(source: str) -> str:
    """Take the solution out of a cell; all else stays as it is, signatures included.

    Raises `MarkerError` for markers that are not paired, say nothing, or stand outside a function: there the `raise`
    would end the cell itself.
    """
    lines = source.split("\n")
    regions = list(_regions(lines))
    if not regions:
        return source
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise MarkerError(
            f"line {error.lineno}: the solution is not Python: {error.msg}."
        ) from None
    for region in reversed(regions):
        lines[region.first - 1 : region.last] = _replacement(region, regions, tree)
    return "\n".join(lines)


def _regions(lines: list[str]) -> Iterator[Region]:
    begun: tuple[int, str, str] | None = None
    for number, line in enumerate(lines, 1):
        if found := _BEGIN.match(line):
            if begun:
                raise MarkerError(
                    f"line {number}: BEGIN SOLUTION within the one of line {begun[0]}. End that first."
                )
            if not found[2]:
                raise MarkerError(
                    f"line {number}: expected what the student should do, such as "
                    "### BEGIN SOLUTION: send the thinking line"
                )
            begun = (number, found[1], found[2])
        elif _END.match(line):
            if not begun:
                raise MarkerError(
                    f"line {number}: END SOLUTION without a BEGIN SOLUTION before it."
                )
            yield Region(begun[0], number, begun[1], begun[2])
            begun = None
    if begun:
        raise MarkerError(f"line {begun[0]}: BEGIN SOLUTION without an END SOLUTION after it.")


def _replacement(region: Region, regions: list[Region], tree: ast.Module) -> list[str]:
    function = _innermost(tree, region)
    if function is None:
        raise MarkerError(
            f"line {region.first}: expected the markers inside a function, below its signature."
        )
    told = json.dumps(region.todo, ensure_ascii=False)
    lines = [f"# TODO: {region.todo}", f"raise NotImplementedError({told})"]
    yields = list(_yields(function))
    kept = [line for line in yields if not any(other.holds(line) for other in regions)]
    # Without any yield it would be an ordinary function, and whoever iterates it would get a TypeError
    # that says nothing about the TODO.
    if (
        yields
        and not kept
        and region == next(r for r in regions if _innermost(tree, r) is function)
    ):
        # First: a method that the student writes at the end would get it in place of this one.
        lines.insert(0, _YIELD)
    return [region.indent + line for line in lines]


def _innermost(tree: ast.Module, region: Region) -> Function | None:
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and node.lineno < region.first
        and region.last <= (_end(node, region))
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _end(node: Function, region: Region) -> int:
    """The last line of a function: a comment after its last statement is no part of it for the parser."""
    deeper = len(region.indent) > node.col_offset
    end = node.end_lineno or 0
    return max(end, region.last) if deeper and region.first <= end + 1 else end


def _yields(function: Function) -> Iterator[int]:
    """The lines of a function's own yields, not those of functions inside it."""
    inside: list[ast.AST] = list(function.body)
    while inside:
        node = inside.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            yield node.lineno
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            inside.extend(ast.iter_child_nodes(node))
