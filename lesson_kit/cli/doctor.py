"""`lesson-kit doctor`: what this machine lacks."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from .say import out

# A word beside the colour: nobody should need to see red to know that something fails.
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine, and say what to do about each finding.

    Exit code 0 when nothing fails, 1 when something does.

    Examples:

      lesson-kit doctor

      lesson-kit doctor --json
    """
    from ..doctor import examine

    findings = examine()
    if as_json:
        out.print(json.dumps([dataclasses.asdict(finding) for finding in findings]), markup=False)
    else:
        table = Table("", "", "found", "what to do", box=None, pad_edge=False)
        for finding in findings:
            state = f"[{STYLES[finding.state]}]{finding.state}[/]"
            # Escaped: rich would take a path such as [course] for a style, and drop it.
            table.add_row(state, *map(escape, (finding.subject, finding.found, finding.todo)))
        out.print(table)
    raise typer.Exit(any(finding.state == "fail" for finding in findings))
