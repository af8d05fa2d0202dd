"""The student's edition of a solution's notebook: the same cells, the answer taken out, no outputs."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .cleaning import clean
from .markers import MarkerError, stub
from .nbgrader import mark

__all__ = ["Edition", "cell_with_tag", "digest", "edited_by_hand", "students_edition"]

_OURS = "lesson_kit"  # where notebook metadata of ours stands


@dataclass(frozen=True)
class Edition:
    """What metadata an exercise's cells get."""

    number: str
    """The short name: "ex03"."""
    points: float


def students_edition(solution: Any, edition: Edition) -> Any:
    """Make the stub's notebook out of the solution's; the same input gives the same text.

    Raises `MarkerError` when the cell with the tag `answer` has no markers, or a cell has bad ones.
    """
    made = clean(copy.deepcopy(solution))
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        try:
            cell.source = stub(cell.source) if cell.cell_type == "code" else cell.source
        except MarkerError as error:
            raise MarkerError(f"cell {cell.get('id', '')}, {error}") from None
    answer = cell_with_tag(made, "answer")
    if answer.source == cell_with_tag(solution, "answer").source:
        raise MarkerError(
            "the cell with the tag `answer` has no ### BEGIN SOLUTION: put markers round what the student should write."
        )
    mark(made, edition.number, edition.points)
    made.metadata[_OURS] = {"built": digest(made)}
    return made


def cell_with_tag(notebook: Any, tag: str) -> Any:
    """Give the one code cell with a tag. Raises `MarkerError` where there is none, or more than one."""
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    ]
    if len(cells) != 1:
        raise MarkerError(f"expected one code cell with the tag `{tag}`, but found {len(cells)}.")
    return cells[0]


def digest(notebook: Any) -> str:
    """Tell the texts of two notebooks apart, whatever was run in them."""
    return _digest((cell.cell_type, cell.source) for cell in notebook.cells)


def edited_by_hand(notebook: Any) -> bool:
    """Tell whether a student's edition holds anything that was not built: then it is somebody's work."""
    built = notebook.metadata.get(_OURS, {})
    return not isinstance(built, dict) or built.get("built") != digest(notebook)


def _digest(cells: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256(json.dumps(list(cells)).encode()).hexdigest()[:16]
