"""What a student calls in a notebook: `check("ex03")` and its companions."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..logbook import Logbook, course_folder, logbook_file
from ..workshop import Shelf
from .card import Card
from .cells import answer_in_kernel, find_answer
from .desk import Desk
from .note import Note
from .standing import Standing

if TYPE_CHECKING:
    from ..answer import Answer
    from ..grader import Judged
    from ..grader.exercise import Exercise

T = TypeVar("T")
_ONE_DESK = threading.Lock()

__all__ = ["check", "desk_here", "get_ready", "hint", "progress", "reset", "solution"]


def check(exercise: str) -> Card | Note:
    """Check the answer that was run last: `check("ex03")` in the cell below it.

    The answer is the newest cell of this notebook's history that defines what the exercise asks for. It runs in a
    process of its own, so an endless loop in it ends there. Returns a card; with no answer, a note that says what to do.
    """
    return _for(exercise, _check)


def hint(exercise: str) -> Note:
    """Show one more hint with each call: `hint("ex03")`."""
    return _for(exercise, lambda desk, name: desk.hint(name))


def solution(exercise: str) -> Note:
    """Show the solution, once the exercise is passed or three different answers were checked."""
    return _for(exercise, lambda desk, name: desk.solution(name))


def reset(exercise: str) -> Note:
    """Bring the untouched exercise back. What was there is kept as `exNN_topic.backup-1.ipynb`."""
    return _for(exercise, lambda desk, name: desk.reset(name))


def progress() -> Standing | Note:
    """Show the exercises with their points and tries, and which one comes next."""
    try:
        return _desk().progress()
    except ValueError as error:
        return broken(error)


def get_ready() -> None:
    """In a notebook, start what a check needs, in the background: the first one is then as quick as the others."""
    if _shell() is not None:
        threading.Thread(target=_warm, name="lesson-kit-ready", daemon=True).start()


def desk_here(start: Path | None = None) -> Desk:
    """The desk of the course that a folder (the working directory) belongs to.

    In the folder of the solutions nothing is written down: whoever runs those is no student.
    """
    from ..grader import judge, load_exercises

    start = (start or Path.cwd()).resolve()
    root = course_folder(start)
    book = Logbook(None if start == root / "solutions" else logbook_file(start))
    exercises = load_exercises(root / "exercises" / "checks")

    def judged(exercise: Exercise, answer: Answer | str) -> Judged:
        return judge(exercise, answer)

    return Desk(exercises, book, Shelf(root), judged)


def _check(desk: Desk, name: str) -> Card | Note:
    shell = _shell()
    if shell is None:
        return Note(
            "check looks at the cells of a notebook.",
            (f"In a terminal: lesson-kit check {name.split('_')[0]}",),
            tone="bad",
            done=False,
        )
    run = list(enumerate(shell.history_manager.input_hist_raw))[1:]  # `In` counts from 1
    defines = desk.exercises[name].defines
    found = find_answer(run, defines) or answer_in_kernel(shell.user_ns, defines)
    return desk.check(name, found) if found else desk.missing(name)


def _for(wanted: str, act: Callable[[Desk, str], T]) -> T | Note:
    try:
        desk = _desk()
    except ValueError as error:  # a check file that cannot be loaded: its message says which
        return broken(error)
    name = named(desk.exercises, wanted)
    return act(desk, name) if name else unknown(desk.exercises, wanted)


def named(exercises: Mapping[str, Exercise], wanted: str) -> str | None:
    """Find the whole name for "ex03", "3" or the whole name; None where there is no such exercise."""
    short = str(wanted).strip().lower()
    if number := re.fullmatch(r"(?:ex)?(\d{1,2})", short):
        short = f"ex{int(number[1]):02}"
    return next((name for name in exercises if short in (name, name.split("_")[0])), None)


def unknown(exercises: Mapping[str, Exercise], wanted: object) -> Note:
    """Say which exercises there are."""
    there = ", ".join(sorted(name.split("_")[0] for name in exercises)) or "none here"
    return Note(
        f"There is no exercise {wanted!r}.",
        (f'Expected the name of one, such as "ex03". There are: {there}.',),
        tone="bad",
        done=False,
    )


def broken(error: Exception) -> Note:
    """Say that the course itself is at fault."""
    return Note(
        "The exercises cannot be read.",
        (str(error), "This is a fault of the course, not yours: please report it."),
        tone="bad",
        done=False,
    )


def _desk() -> Desk:
    with _ONE_DESK:  # the thread that gets ready may be at it already
        return _desk_of(Path.cwd())


@cache
def _desk_of(folder: Path) -> Desk:
    return desk_here(folder)


def _shell() -> Any:
    """The notebook's IPython; None anywhere else. IPython is not imported to find that out."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _warm() -> None:
    from ..sandbox import warm

    warm()
    _desk()
