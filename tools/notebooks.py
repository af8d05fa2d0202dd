"""Runs the notebooks and saves their outputs, the same on every machine: `make notebooks`.

What must not be committed is taken out: the times of execution, the state of widgets (half of it makes a notebook
invalid for GitHub), and the widget views, which a reader without a kernel sees as an error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS = 120  # for one cell


def run(path: Path) -> None:
    """Run one notebook from a clean kernel and save it with its outputs."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
    ).execute()
    text = nbformat.writes(clean(notebook))  # type: ignore[no-untyped-call]
    path.write_text(text + "\n", encoding="utf-8")


def clean(notebook: Any) -> Any:
    """Take out what differs from run to run or breaks a static view."""
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3",
        },
        "language_info": {"name": "python"},
    }  # fmt: skip
    for cell in notebook.cells:
        for name in ("execution", "ExecuteTime"):
            cell.metadata.pop(name, None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
    return notebook


def main(names: list[str]) -> int:
    paths = [Path(name) for name in names] or sorted(Path("notebooks").glob("*.ipynb"))
    for path in paths:
        print(f"{path} ...", flush=True)
        try:
            run(path)
        except FileNotFoundError:
            print(f"{path} does not exist. Name a notebook, or none for all.", file=sys.stderr)
            return 2
        except CellExecutionError as error:
            print(f"{path} was not saved, because a cell failed:\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
