"""Builds the exercises: runs each solution, and makes the student's edition out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .backup import keep
from .edition import Edition, cell_with_tag, edited_by_hand, students_edition
from .markers import MarkerError
from .nbgrader import mark
from .running import run_notebook, written
from .shelf import Shelf, ShelfError, read_notebook, replace

if TYPE_CHECKING:
    from ..grader.exercise import Exercise

__all__ = ["Built", "build", "is_somebodys_work", "stub_of"]


@dataclass(frozen=True)
class Built:
    """What was done, or is to do, for one exercise. `stale` says why it was out of date, "" where it was not."""

    name: str
    stale: str = ""
    backup: Path | None = None


def build(
    names: Sequence[str],
    exercises: Mapping[str, Exercise],
    *,
    shelf: Shelf,
    check: bool = False,
    run: Callable[[Path], str] = run_notebook,
) -> Iterator[Built]:
    """Build exercises one by one; with `check` only tell what is out of date, and write nothing.

    `check` compares the committed stub with one made anew, and looks whether the solution has its outputs; whether these
    are right is what nbval tells. Somebody's own work in `exercises/` is copied before it is replaced.

    Raises `ShelfError`, `MarkerError` or `RunError`.
    """
    for name in names:
        if check:
            yield Built(name, _stale(name, exercises, shelf))
        else:
            yield _build(name, exercises, shelf, run)


def stub_of(name: str, exercises: Mapping[str, Exercise], shelf: Shelf) -> Any:
    """Make an exercise's notebook, as a student gets it."""
    solution = read_notebook(shelf.solution(name))
    try:
        return students_edition(solution, _edition(name, exercises))
    except MarkerError as error:
        raise MarkerError(f"solutions/{name}.ipynb: {error}") from None


def _edition(name: str, exercises: Mapping[str, Exercise]) -> Edition:
    if name not in exercises:
        raise ShelfError(
            f"expected exercises/checks/{name}.py for solutions/{name}.ipynb, but there is none. "
            f"There are: {', '.join(exercises) or 'none'}."
        )
    return Edition(exercises[name].number, exercises[name].max_score)


def _build(
    name: str, exercises: Mapping[str, Exercise], shelf: Shelf, run: Callable[[Path], str]
) -> Built:
    path, edition = shelf.solution(name), _edition(name, exercises)
    solution = read_notebook(path)
    cell_with_tag(solution, "answer"), cell_with_tag(solution, "check")
    mark(solution, edition.number, edition.points)
    before = path.read_text(encoding="utf-8")
    if (text := written(solution)) != before:
        replace(path, text)
    if (text := run(path)) != _text_of(path):
        replace(path, text)
    stale = "" if text == before else "the solution's outputs"
    made, target, backup = written(stub_of(name, exercises, shelf)), shelf.exercise(name), None
    if not target.exists() or target.read_text(encoding="utf-8") != made:
        stale = "the exercise" if not stale else f"the exercise, {stale}"
        if target.exists() and is_somebodys_work(target):
            backup = keep(target)
        replace(target, made)
    return Built(name, stale, backup)


def _stale(name: str, exercises: Mapping[str, Exercise], shelf: Shelf) -> str:
    made, target = written(stub_of(name, exercises, shelf)), shelf.exercise(name)
    if not target.exists():
        return f"exercises/{name}.ipynb is missing"
    if target.read_text(encoding="utf-8") != made:
        return f"exercises/{name}.ipynb differs from what solutions/{name}.ipynb gives"
    code = [cell for cell in read_notebook(shelf.solution(name)).cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        return f"solutions/{name}.ipynb has cells that were not run, or not in order"
    return ""


def is_somebodys_work(path: Path) -> bool:
    """Tell whether a notebook in `exercises/` holds anything that was not built."""
    try:
        return edited_by_hand(read_notebook(path))
    except ShelfError:
        return True  # not even a notebook: all the more a reason not to throw it away


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")
