"""nbgrader's cell metadata, so that a class that lives in nbgrader can take the exercises as they are.

The keys are those of schema version 3 (nbgrader/nbgraderformat/v3.json): a cell is a solution, graded, or both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["faults", "mark"]

_KEYS = {"grade_id": str, "grade": bool, "solution": bool, "locked": bool, "task": bool, "schema_version": int}  # fmt: skip


def mark(notebook: Any, number: str, points: float) -> None:
    """Write the metadata of the answer cell and the check cell, found by their tags; changes the notebook."""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata.pop("nbgrader", None)
        if "answer" in tags:
            cell.metadata["nbgrader"] = _cell(f"{number}-answer", solution=True)
        elif "check" in tags:
            cell.metadata["nbgrader"] = _cell(f"{number}-check", solution=False) | {
                "points": points
            }


def _cell(grade_id: str, *, solution: bool) -> dict[str, Any]:
    return {
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "schema_version": 3,
    }


def faults(notebook: Any, points: float) -> Iterator[str]:
    """Say what nbgrader would refuse in a notebook, or would grade differently."""
    found = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    for told in found:
        wrong = [key for key, kind in _KEYS.items() if type(told.get(key)) is not kind]
        if wrong:
            yield f"a cell whose metadata lacks {', '.join(wrong)}"
    if len({told.get("grade_id") for told in found}) != len(found):
        yield "two cells with the same grade_id"
    if [told.get("solution") for told in found].count(True) != 1:
        yield "not exactly one cell with solution: true"
    if [told.get("points") for told in found if told.get("grade")] != [points]:
        yield f"not exactly one graded cell with points: {points:g}"
