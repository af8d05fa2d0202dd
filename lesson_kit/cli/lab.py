"""`lesson-kit lab`: JupyterLab on the first notebook."""

from __future__ import annotations

from typing import Annotated

import typer

from ..lab import FIRST_NOTEBOOK, PORT, LabError, launch
from .say import err, give_up

ANY_MORE = {"allow_extra_args": True, "ignore_unknown_options": True}


def lab(
    context: typer.Context,
    notebook: Annotated[str, typer.Argument(help="The notebook to open.")] = FIRST_NOTEBOOK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open JupyterLab on a notebook. Options that are not listed here go to JupyterLab.

    Examples:

      lesson-kit lab

      lesson-kit lab notebooks/01_why_stream.ipynb --no-browser --port 0
    """
    try:
        code = launch(
            notebook,
            port=port,
            browser=browser,
            extra=context.args,
            say=lambda line: err.print(line, markup=False),
        )
    except LabError as error:
        give_up(str(error))
    raise typer.Exit(code)
