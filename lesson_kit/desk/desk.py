"""The student's desk: Check, hints, the solution, progress and a fresh start, for one student in one course."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ..logbook import Deed, Logbook
from ..workshop import MarkerError, Shelf, ShelfError, restart
from ..workshop.building import stub_of
from ..workshop.edition import cell_with_tag
from ..workshop.shelf import read_notebook
from .card import Card
from .cells import Found
from .note import Note
from .standing import Standing, rows_of

if TYPE_CHECKING:
    from ..answer import Answer
    from ..grader import Judged
    from ..grader.exercise import Exercise
    from ..recording import Recording

__all__ = ["TRIES", "Desk"]

TRIES = 3
"""Answers to check before the solution opens without one that passed."""
REPLAYED = 4  # recordings on one card


@dataclass
class Desk:
    """What a student can do, whether a notebook or a terminal asks for it.

    `judge` gives the verdict about an answer, or about its source. Each method takes the whole name of an exercise of
    `exercises` and returns something to show; none raises for what a student did.
    """

    exercises: Mapping[str, Exercise]
    logbook: Logbook
    shelf: Shelf
    judge: Callable[[Exercise, Answer | str], Judged]
    call: str = '{what}("{number}")'
    """How the student asks for something here: a function in a notebook, a command in a terminal."""
    _stubs: dict[str, str] = field(default_factory=dict)

    def check(self, name: str, found: Found, answer: Answer | None = None) -> Card:
        """Judge an answer (the source that was found, or what was read of a file), note it, and give the card."""
        exercise = self.exercises[name]
        judged = self.judge(exercise, answer or found.source)
        result = judged.result
        card = Card(f"{exercise.number} {exercise.title}", result, found)
        broken = result.status == "grader_error"
        same = self._is_stub(name, found.source)
        deed = Deed(
            "attempt",
            result.score,
            result.max_score,
            card.passed,
            digest="" if same or broken else _digest(found.source),
        )
        entry = self.logbook.add(name, deed)
        notes = [*self._what_next(exercise, card.passed, same, entry.hints), self.logbook.trouble()]
        replay = {} if same else _replay(exercise, judged)  # an empty answer has nothing to show
        return Card(card.name, result, found, tuple(filter(None, notes)), replay)

    def missing(self, name: str) -> Note:
        """Say that no answer was run yet."""
        exercise = self.exercises[name]
        wanted = " and ".join(exercise.defines)
        return Note(
            f"{exercise.number}: there is no answer to check yet.",
            (
                f"Expected a cell that defines {wanted}; none was run since the kernel started.",
                "Next step: run the cell with your answer (Shift+Enter), then run this cell again.",
            ),
            tone="bad",
            done=False,
        )

    def hint(self, name: str) -> Note:
        """Show one more hint; when all are shown, all of them again."""
        exercise, hints = self.exercises[name], self.exercises[name].hints
        if not hints:
            return Note(f"{exercise.number} has no hints.", tone="bad", done=False)
        taken = self.logbook.entry(name).hints
        if taken < len(hints):
            taken = min(self.logbook.add(name, Deed("hint")).hints, len(hints))
            left = len(hints) - taken
            more = (
                f"{left} more: run hint again for the next one." if left else "This was the last."
            )
            title = f"{exercise.number}, hint {taken} of {len(hints)}"
            return Note(
                title, tuple(filter(None, (hints[taken - 1], more, self.logbook.trouble())))
            )
        told = (f"{number}. {hint}" for number, hint in enumerate(hints, 1))
        text = (*told, f"Still stuck? After {TRIES} tries the solution opens.")
        return Note(f"{exercise.number}: you have seen all {len(hints)} hints", text)

    def solution(self, name: str) -> Note:
        """Show the solution to who has passed, or tried `TRIES` different answers."""
        exercise, entry = self.exercises[name], self.logbook.entry(name)
        if not (entry.passed or entry.tries >= TRIES or entry.solution_opened):
            return Note(
                f"{exercise.number}: the solution is still closed.",
                (
                    f"It opens when you pass, or after {TRIES} tries. You have {entry.tries} so far: "
                    "each changed answer that you check is a try.",
                    f"A hint may be all that you need: {self._call('hint', exercise)}.",
                ),
                tone="bad",
                done=False,
            )
        path = self.shelf.solution(name)
        try:
            source = cell_with_tag(read_notebook(path), "answer").source
        except (ShelfError, MarkerError) as error:
            return Note(
                f"{exercise.number}: no solution to show.", (str(error),), tone="bad", done=False
            )
        if not entry.solution_opened:
            self.logbook.add(name, Deed("solution"))
        after = (f"With all explanations: solutions/{path.name}.", self.logbook.trouble())
        title = f"{exercise.number}: one way to do it"
        return Note(title, code=_without_markers(source), after=tuple(filter(None, after)))

    def progress(self) -> Standing:
        """Show where the student stands."""
        rows = rows_of(self.exercises, self.logbook.entries())
        return Standing(tuple(rows), self.logbook.trouble())

    def reset(self, name: str) -> Note:
        """Bring the untouched exercise back, and keep what was there."""
        number = self.exercises[name].number
        try:
            done = restart(name, self.exercises, self.shelf)
        except (ShelfError, MarkerError, OSError) as error:
            return Note(f"{number} was not reset.", (str(error),), tone="bad", done=False)
        kept = (
            f"What you had saved is kept in exercises/{done.backup.name}."
            if done.backup
            else "Nothing was written in it yet, so nothing had to be kept."
        )
        reload = (
            "Is it open in JupyterLab? Choose File > Reload Notebook from Disk. What you had not saved is only in that "
            "window: copy it first, if you want to keep it. Your points stay."
        )
        return Note(f"{number} is new again: exercises/{done.notebook.name}", (kept, reload))

    def _what_next(self, exercise: Exercise, passed: bool, same: bool, hints: int) -> list[str]:
        if passed and self.logbook.file is None:
            return []  # a solution's card: tests compare it, whatever other exercises there are
        if passed:
            after = (name for name in sorted(self.exercises) if name > exercise.name)
            following = next(islice(after, 1), None)
            return [
                f"Next: exercises/{following}.ipynb" if following else "That was the last exercise."
            ]
        if same:
            return [
                "This is still the empty answer. Write your code where it says TODO, run that cell, then check again."
            ]
        left = len(exercise.hints) - hints
        return [f"Stuck? {self._call('hint', exercise)} ({left} left)"] if left > 0 else []

    def _call(self, what: str, exercise: Exercise) -> str:
        return f"`{self.call.format(what=what, number=exercise.number)}`"

    def _is_stub(self, name: str, source: str) -> bool:
        if name not in self._stubs:
            try:
                made = stub_of(name, self.exercises, self.shelf)
                self._stubs[name] = _digest(cell_with_tag(made, "answer").source)
            except (ShelfError, MarkerError, OSError):
                self._stubs[name] = ""  # a course without its solutions has no stub to compare with
        return self._stubs[name] == _digest(source)


def _replay(exercise: Exercise, judged: Judged) -> dict[str, Recording]:
    """The recordings of the first run that failed, named as a reader would name them."""
    failed = next((check for check in judged.result.checks if check.status != "passed"), None)
    scene = next((c.scene for c in exercise.checks if failed and c.name == failed.name), "")
    seen = judged.seen.get(scene)
    recordings = [r for r in seen.recordings if len(r)][:REPLAYED] if seen else []
    if len(recordings) == 1:
        return {"your answer": recordings[0]}
    return {f"question {number}": recording for number, recording in enumerate(recordings, 1)}


def _digest(source: str) -> str:
    """Tell answers apart by what they do: comments and empty lines make no other answer."""
    try:
        source = ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        source = source.strip()
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:16]


def _without_markers(source: str) -> str:
    kept = (
        line
        for line in source.split("\n")
        if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line
    )
    return "\n".join(kept)
