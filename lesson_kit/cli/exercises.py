"""What the commands about exercises share: the argument, the student's desk, how a sheet is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn, TypeAlias

import typer

from .say import give_up, out, printable

if TYPE_CHECKING:
    from ..desk import Desk, Note, Sheet

__all__ = ["ExerciseName", "ExerciseNames", "at_desk", "desk_or_leave", "leave", "show"]

ExerciseName: TypeAlias = Annotated[
    str, typer.Argument(metavar="EXERCISE", help="ex03, or the whole name.")
]
ExerciseNames: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[EXERCISE]...", help="ex03 ex04; none means all.")
]

_STYLES = {"": "", "good": "green", "bad": "red", "quiet": "dim", "strong": "bold"}


def at_desk(exercise: str) -> tuple[Desk, str]:
    """Give the student's desk and an exercise's whole name; leaves with exit code 2 where there is none."""
    from ..desk.notebook import named, unknown

    desk = desk_or_leave()
    name = named(desk.exercises, exercise)
    if name is None:
        note = unknown(desk.exercises, exercise)
        give_up(printable(f"{note.title} {' '.join(note.text)}"), code=2)
    return desk, name


def desk_or_leave() -> Desk:
    """Give the student's desk; leaves with exit code 2 where the exercises cannot be read."""
    from ..desk.notebook import desk_here

    try:
        desk = desk_here()
    except ValueError as error:
        give_up(printable(str(error)), code=2)
    desk.call = "lesson-kit {what} {number}"
    return desk


def show(sheet: Sheet) -> None:
    """Print a sheet: the words say everything, the colours say it again."""
    for line in sheet.lines():
        out.print(printable(line.text), style=_STYLES[line.tone], markup=False)


def leave(note: Note) -> NoReturn:
    """Show a note and leave: 0 when what was asked for was given, else 1."""
    show(note)
    raise typer.Exit(0 if note.done else 1)
