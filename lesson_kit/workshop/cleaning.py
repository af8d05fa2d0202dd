"""What is taken out of a notebook before it is committed: all that differs from run to run.

The times of execution, the state of widgets (half of it makes a notebook invalid for GitHub), and the widget views,
which a reader without a kernel sees as an error.
"""

from __future__ import annotations

from typing import Any

__all__ = ["clean"]

VIEW = "application/vnd.jupyter.widget-view+json"


def clean(notebook: Any) -> Any:
    """Take out what differs from run to run or breaks a static view; changes the notebook, and returns it."""
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
