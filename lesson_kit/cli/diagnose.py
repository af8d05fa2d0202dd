"""`lesson-kit diagnose`: why does the stream of a ChatKit server misbehave?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .say import err, give_up, out, printable


def diagnose(
    file: Annotated[
        str, typer.Argument(help="A Python file with a ChatKitServer; FILE.py:Name picks one.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Run a server's code against a scripted model, and name what is wrong with it, by which line.

    The code runs in a process of its own, in virtual time, without a key and without the network. Findings come in
    the order in which to mend them. Exit code 0 when there is none, 1 when there are some, 2 when there is nothing to
    diagnose.

    Examples:

      lesson-kit diagnose respond.py

      lesson-kit diagnose respond.py:MyServer --json
    """
    if not file.strip() or "\n" in file:
        give_up("expected the path of a Python file. Try: lesson-kit diagnose respond.py", code=2)

    if Path(file).is_file():
        from ..diagnose.nursery import shared

        shared().start()  # the SDKs take longer to load than all the rest: so they begin first

    from ..diagnose import BadInput
    from ..diagnose import diagnose as examine

    try:
        if as_json:
            found = examine(file)
        else:
            with err.status("Asking the server..."):
                found = examine(file)
    except BadInput as error:
        give_up(str(error), code=2)
    told = json.dumps(found.as_json()) if as_json else printable(str(found))
    out.print(told, markup=False)
    raise typer.Exit(0 if found.clean else 1)
