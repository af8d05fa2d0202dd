"""`lesson-kit check`: Check an answer from a terminal, with the card that a notebook shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exercises import at_desk, show
from .say import err, give_up, out

if TYPE_CHECKING:
    from ..desk import Card

_NAME = re.compile(r"(?<![a-z0-9])ex\d\d(?!\d)", re.IGNORECASE)


def check(
    answer: Annotated[
        str, typer.Argument(metavar="FILE_OR_EXERCISE", help="A .py or .ipynb file, or ex03.")
    ],
    exercise: Annotated[
        str, typer.Option(help="Which exercise it is, where the file's name does not say it.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check an answer. "ex03" means your saved notebook exercises/ex03_....ipynb.

    The answer runs in a process of its own, inside limits. Exit code 0 when it passed, 1 when not, 2 on bad use.

    Examples:

      lesson-kit check ex03

      lesson-kit check my_ex03.py --json

      lesson-kit check answer.py --exercise ex03
    """
    file = Path(answer)
    is_file = file.suffix.lower() in (".py", ".ipynb")
    named = exercise or (found[0] if (found := _NAME.search(file.name)) else "")
    if is_file and not named:
        give_up(
            f"expected an exercise in the name of {file.name}. Say which one: --exercise ex03",
            code=2,
        )
    if is_file and not file.is_file():
        give_up(f"expected a file, but there is no {answer}. Check the path.", code=2)
    card = _card(named if is_file else answer, file if is_file else None)
    if as_json:
        out.print(card.result.model_dump_json(), markup=False)
    else:
        show(card)
    raise typer.Exit(0 if card.passed else 1)


def _card(exercise: str, file: Path | None) -> Card:
    from ..answer import read_answer
    from ..desk.cells import answer_in_file

    desk, name = at_desk(exercise)
    path = file or desk.shelf.exercise(name)
    if not path.is_file():
        give_up(
            f"expected {path.name} in exercises/, but it is not there. Try: lesson-kit reset {exercise}",
            code=2,
        )
    asked = desk.exercises[name]
    with err.status("Checking..."):
        read = read_answer(path, asked.defines, asked.may_use)
        return desk.check(name, answer_in_file(read.file, read.source), read)
