"""`lesson-kit progress`: where a student stands."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .exercises import desk_or_leave, show
from .say import out


def progress(
    as_json: Annotated[bool, typer.Option("--json", help="Print the page as JSON.")] = False,
) -> None:
    """Show all exercises with your points and tries, and which one comes next.

    Examples:

      lesson-kit progress

      lesson-kit progress --json
    """
    page = desk_or_leave().progress()
    if as_json:
        out.print(json.dumps(page.as_json()), markup=False)
    else:
        show(page)
