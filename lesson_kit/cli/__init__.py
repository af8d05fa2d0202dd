"""The command `lesson-kit`: each command in a module of its own.

The SDKs take two seconds to import, so every command imports them only when it runs: `--help` is instant.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from .ask import ask
from .bench import bench
from .build import build
from .check import check
from .diagnose import diagnose
from .doctor import doctor
from .grade import grade
from .hint import hint
from .lab import ANY_MORE, lab
from .next import next_exercise
from .progress import progress
from .reset import reset
from .serve import serve
from .solution import solution
from .upstream import upstream
from .verify import verify

__all__ = ["app", "main"]

app = typer.Typer(
    name="lesson-kit",
    help="Learn to stream LLM answers. Works without a key; LESSON_KIT_MODEL chooses a real model.",
    epilog="Exit codes: 0 went well, 1 something failed, 2 bad use, 130 stopped with Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, keys included
)
STUDENTS: tuple[Callable[..., None], ...] = (check, hint, solution, reset, progress)
OTHERS: tuple[Callable[..., None], ...] = (
    ask,
    serve,
    upstream,
    diagnose,
    doctor,
    build,
    verify,
    grade,
    bench,
)

app.command(context_settings=ANY_MORE)(lab)
for command in STUDENTS:
    app.command()(command)
app.command("next")(next_exercise)
for command in OTHERS:
    app.command()(command)


def main() -> None:
    app()
