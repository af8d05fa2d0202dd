"""`lesson-kit build`: the exercises, made out of their solutions."""

from __future__ import annotations

from typing import Annotated

import typer

from .exercises import ExerciseNames, desk_or_leave
from .say import give_up, out, printable


def build(
    exercises: ExerciseNames = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if anything is out of date.")
    ] = False,
) -> None:
    """Make exercises/ out of solutions/ (for authors): run each solution, take the answer out for the student.

    An exercise that somebody has worked in is kept as exNN_topic.backup-1.ipynb. Students use: lesson-kit reset.

    Examples:

      lesson-kit build ex03

      lesson-kit build --check
    """
    from ..workshop import MarkerError, ShelfError
    from ..workshop import build as make
    from ..workshop.running import RunError

    desk, stale = desk_or_leave(), 0
    try:
        names = desk.shelf.chosen(exercises or [])
    except ShelfError as error:
        give_up(printable(str(error)), code=2)
    try:
        for built in make(names, desk.exercises, shelf=desk.shelf, check=check):
            stale += bool(built.stale)
            told = built.stale if check else f"written: {built.stale}"
            out.print(f"{built.name}: {told if built.stale else 'up to date'}", markup=False)
            if built.backup:
                out.print(f"  what was there is kept as {built.backup.name}", markup=False)
    except (ShelfError, MarkerError, RunError) as error:
        give_up(printable(str(error)))
    if check and stale:
        give_up(f"{stale} out of date. Run: lesson-kit build")
