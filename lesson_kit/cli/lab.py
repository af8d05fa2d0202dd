"""`lesson-kit lab`: JupyterLab on the first notebook."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from .say import give_up


def lab(
    notebook: Annotated[
        str, typer.Argument(help="The notebook to open.")
    ] = "notebooks/00_start_here.ipynb",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open JupyterLab on a notebook.

    Examples:

      lesson-kit lab

      lesson-kit lab notebooks/01_why_stream.ipynb --no-browser
    """
    raise NotImplementedError
