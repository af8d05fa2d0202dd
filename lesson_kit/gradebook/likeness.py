"""The shape of an answer, without its names, texts and comments: near-identical answers have one. A hint, no proof."""

from __future__ import annotations

import ast
import warnings
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Alike", "alike", "shape_of"]

# What a short exercise leads everybody to is no likeness: statements that more than this share of a class has written.
COMMON = 0.1
# Rare statements that two answers must share, and what share of all their rare statements that must be.
FEWEST, NEAR = 3, 0.8
_LARGEST = 5000  # statements of one answer that are looked at


class Alike(NamedTuple):
    """Students whose answers are near-identical, and how many rare statements they share."""

    students: tuple[str, ...]
    shared: int


def shape_of(source: str) -> list[int]:
    """Hash each statement of an answer by its form alone; [] for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        found: set[int] = set()
        _walk(tree, found)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return sorted(found)[:_LARGEST]


def _walk(node: ast.AST, found: set[int]) -> int:
    """Hash a node from below, and note the statements."""
    parts: list[object] = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name in ("id", "arg", "name", "asname", "ctx", "type_comment"):
            continue
        if isinstance(node, ast.Constant):
            parts.append(type(node.value).__name__)  # the text or the number itself may be anything
            continue
        many = value if isinstance(value, list) else [value]
        for one in many:
            if not isinstance(one, ast.AST):
                parts.append(one)
            elif not _is_remark(one):
                parts.append(_walk(one, found))
    made = zlib.crc32(repr(parts).encode())
    if isinstance(node, ast.stmt):
        found.add(made)
    return made


def _is_remark(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def alike(shapes: Mapping[str, Iterable[int]]) -> list[Alike]:
    """Find groups of students whose answers to one exercise are near-identical in what few others have written."""
    sets = {student: set(shape) for student, shape in shapes.items()}
    often = Counter(one for shape in sets.values() for one in shape)
    limit = max(2, int(COMMON * len(sets)))
    rare = {student: {one for one in shape if often[one] <= limit} for student, shape in sets.items()}  # fmt: skip
    shared: Counter[tuple[str, str]] = Counter()
    owners: dict[int, list[str]] = defaultdict(list)
    for student in sorted(rare):
        for one in rare[student]:
            for other in owners[one]:
                shared[other, student] += 1
            owners[one].append(student)
    pairs = [pair for pair, count in shared.items() if count >= FEWEST and count >= NEAR * len(rare[pair[0]] | rare[pair[1]])]  # fmt: skip
    return [
        Alike(tuple(sorted(group)), min(shared[pair] for pair in pairs if pair[0] in group))
        for group in _groups(pairs)
    ]


def _groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    groups: list[set[str]] = []
    for first, second in pairs:
        joined = {first, second}
        for group in [group for group in groups if group & joined]:
            joined |= group
            groups.remove(group)
        groups.append(joined)
    return sorted(groups, key=min)
