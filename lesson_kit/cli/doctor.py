"""`lesson-kit doctor`: what this machine lacks."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine, and say what to do about each finding.

    Exit code 0 when nothing fails, 1 when something does.

    Examples:

      lesson-kit doctor

      lesson-kit doctor --json
    """
    raise NotImplementedError
