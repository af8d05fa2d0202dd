"""Lines for people at a terminal: results go to stdout, all else to stderr."""

from __future__ import annotations

import re
from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

# An answer may hold escape sequences that move the cursor, retitle the window or forge lines.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Make a model's text safe to show: control characters become visible, line ends and tabs stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def give_up(problem: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong in one line, without a traceback, and leave."""
    err.print(f"lesson-kit: {problem}", style="red", markup=False)
    raise typer.Exit(code)
