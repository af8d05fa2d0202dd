"""`lesson-kit verify`: the proof that every exercise is right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from .exercises import ExerciseNames, desk_or_leave
from .say import give_up, out, printable

if TYPE_CHECKING:
    from ..desk import Desk
    from ..workshop import Message, Verified


def verify(
    exercises: ExerciseNames = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="List what every wrong answer is told.")
    ] = False,
) -> None:
    """Prove the exercises (for authors): the stub fails, the solution passes, each wrong answer fails as it is meant to.

    Exit code 0 when all holds, 1 when something does not, 2 on bad use.

    Examples:

      lesson-kit verify

      lesson-kit verify ex03 --json

      lesson-kit verify --messages
    """
    from ..workshop import ShelfError

    desk = desk_or_leave()
    try:
        names = desk.shelf.chosen(exercises or [])
    except ShelfError as error:
        give_up(printable(str(error)), code=2)
    if not exercises:  # a check file without a notebook is a problem too
        names = sorted({*names, *desk.exercises})
    if messages:
        _messages(desk, names, as_json)
    else:
        _verify(desk, names, as_json)


def _verify(desk: Desk, names: Sequence[str], as_json: bool) -> None:
    from ..grader import judge
    from ..workshop import verify as prove

    found: list[Verified] = []
    proved = prove(
        names,
        desk.exercises,
        shelf=desk.shelf,
        judge=lambda exercise, source, seed: judge(exercise, source, seed=seed).result,
    )
    for one in proved:
        found.append(one)
        if not as_json:
            _say(one)
    if as_json:
        told = [asdict(one) | {"holds": one.holds} for one in found]
        out.print(json.dumps({"exercises": told}), markup=False)
    raise typer.Exit(0 if all(one.holds for one in found) else 1)


def _say(one: Verified) -> None:
    count = len(one.problems)
    told = f"✓ {one.answers} answers judged" if one.holds else f"✗ {count} problem(s)"
    out.print(f"{one.exercise}: {told}", style="green" if one.holds else "red", markup=False)
    for problem in one.problems:
        out.print(f"  {printable(problem.what)}", markup=False)
        for name, words in (
            ("expected", problem.expected), ("came", problem.came), ("next step", problem.next_step),
        ):  # fmt: skip
            out.print(f"    {name + ':':10} {printable(words)}", markup=False)


def _messages(desk: Desk, names: Sequence[str], as_json: bool) -> None:
    from ..grader import judge
    from ..workshop import messages as told_by

    found: list[Message] = []
    for message in told_by(
        [name for name in names if name in desk.exercises],
        desk.exercises,
        shelf=desk.shelf,
        judge=lambda exercise, source, seed: judge(exercise, source, seed=seed).result,
    ):
        found.append(message)
        if not as_json:
            out.print(
                f"{message.exercise}  {printable(message.answer)}",
                style="bold",
                markup=False,
                emoji=False,
            )
            out.print(f"    {message.status} in {printable(message.check)!r}", markup=False)
            for words in (message.expected, message.seen, message.next_step):
                out.print(f"    {printable(words)}", markup=False)
    if as_json:
        out.print(json.dumps([asdict(message) for message in found]), markup=False)
