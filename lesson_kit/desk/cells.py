"""Which of the cells that a student has run are the answer."""

from __future__ import annotations

import ast
import linecache
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType

__all__ = ["Found", "Part", "answer_in_file", "answer_in_kernel", "find_answer"]


@dataclass(frozen=True)
class Part:
    """A run cell, or a file, that an answer stands in: `name` as the student sees it ("In [5]")."""

    name: str
    source: str

    @property
    def lines(self) -> int:
        return self.source.count("\n") + 1


@dataclass(frozen=True)
class Found:
    """An answer as one source, put together from its parts."""

    parts: tuple[Part, ...]

    @property
    def source(self) -> str:
        return "\n".join(part.source for part in self.parts)

    def place(self, line: int) -> tuple[str, str]:
        """Tell where a line of the whole source stands ("line 3 of In [5]"), and what it holds; ("", "") if nowhere."""
        first = 1
        for part in self.parts:
            if first <= line < first + part.lines:
                number = line - first + 1
                return f"line {number} of {part.name}", part.source.split("\n")[number - 1].strip()
            first += part.lines
        return "", ""


def answer_in_file(name: str, source: str) -> Found:
    """An answer that came as one text: a file's, or one cell's of a notebook file."""
    return Found((Part(name, source),))


def find_answer(run: Sequence[tuple[int, str]], defines: Sequence[str]) -> Found | None:
    """Find the answer among run cells, given as (number at `In`, source) from the oldest to the newest.

    It is the newest cell for each name, in the order in which they were run: what the kernel itself would use. Mostly
    that is one cell. A name that was never defined is left to the judge; None where none of them was. A cell that is no
    Python counts by its text: a student who has just made a syntax error wants to hear of that one.
    """
    cells = [(number, _python(source)) for number, source in run]
    homes: dict[str, int] = {}
    for place in reversed(range(len(cells))):
        for name in _defined(cells[place][1], [name for name in defines if name not in homes]):
            homes[name] = place
        if len(homes) == len(defines):
            break
    if not homes:
        return None
    chosen = (cells[place] for place in sorted(set(homes.values())))
    return Found(tuple(Part(f"In [{number}]", source) for number, source in chosen))


def answer_in_kernel(namespace: Mapping[str, object], defines: Sequence[str]) -> Found | None:
    """Find the cells that made what the kernel holds under these names, in the order of the names.

    For front ends that keep no history (nbval runs cells so): IPython leaves each cell's source in `linecache`.
    """
    found: dict[str, Part] = {}
    for name in defines:
        file = _file_of(namespace.get(name))
        entry = linecache.cache.get(file)
        if (
            entry is not None and len(entry) == 4
        ):  # (size, time, lines, name); shorter ones are not loaded
            found[file] = Part("your cell", "".join(entry[2]))
    return Found(tuple(found.values())) if found else None


def _file_of(thing: object) -> str:
    """The file name under which a function, or the first function of a class, was compiled; "" for others."""
    inside = vars(thing).values() if isinstance(thing, type) else (thing,)
    functions = (one for one in inside if isinstance(one, FunctionType))
    return next((function.__code__.co_filename for function in functions), "")


def _python(source: str) -> str:
    """Blank what only IPython understands: `%%time` above an answer, `%pip` in it. Lines keep their numbers."""
    if _tree(source) is not None:
        return source  # such a line is part of a text, or of a sum
    return "\n".join(
        "" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")
    )


def _defined(source: str, wanted: Sequence[str]) -> set[str]:
    tree = _tree(source)
    if tree is None:
        return {name for name in wanted if _looks_defined(source, name)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A method of that name is not what was asked for.
            names |= {node.name} if node.col_offset == 0 else set()
        elif isinstance(node, ast.Assign):
            names |= {part.id for part in node.targets if isinstance(part, ast.Name)}
    return names & set(wanted)


def _tree(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape was warned of when the cell ran
            return ast.parse(source)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # whatever was typed was run once
        return None


def _looks_defined(source: str, name: str) -> bool:
    return bool(
        re.search(rf"^(?:class|def|async\s+def)\s+{re.escape(name)}\b", source, re.MULTILINE)
    )
