"""Runs a notebook from a clean kernel, the same on every machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .cleaning import clean

__all__ = ["RunError", "run_notebook", "written"]

SECONDS = 120  # for one cell


class RunError(RuntimeError):
    """A cell failed; the message is what Jupyter says of it."""


def run_notebook(path: Path) -> str:
    """Run one notebook in its own folder, and give its text with the outputs. The file is not changed.

    Raises `RunError` when a cell fails, `FileNotFoundError` when there is no such file.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # ipykernel warns of its plain TCP, on loopback
        coalesce_streams=True,  # otherwise the pieces of stdout depend on the moment, and so do diffs
        resources={"metadata": {"path": path.parent}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise RunError(str(error)) from None
    return written(clean(notebook))


def written(notebook: Any) -> str:
    """Give a notebook as the text of its file."""
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]
