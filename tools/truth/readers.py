"""Finds what is read: notebooks, README and CONTRIBUTING, the docstrings of the kit."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .markdown import read_docstring, read_markdown
from .passage import Passage

__all__ = ["TAG", "files", "read"]

TAG = "wrong-form"
"""The tag of a notebook cell that shows a wrong form."""

# The exercises are made out of the solutions.
_FOLDERS = ("notebooks", "solutions")
_PAGES = ("README.md", "CONTRIBUTING.md")


def files(root: Path) -> list[Path]:
    """Every file that is read, in order."""
    pages = [root / name for name in _PAGES if (root / name).is_file()]
    notebooks = [path for folder in _FOLDERS for path in sorted((root / folder).rglob("*.ipynb"))]
    notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    docs = sorted((root / "docs").rglob("*.md"))
    return [*pages, *docs, *notebooks, *sorted((root / "lesson_kit").rglob("*.py"))]


def read(path: Path, root: Path) -> list[Passage]:
    """Read one file into passages, in the order of reading. Raises `ValueError` for a file that cannot be read."""
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".ipynb":
            return list(_notebook(json.loads(text), name))
        if path.suffix == ".py":
            return list(_docstrings(ast.parse(text), name))
    except (SyntaxError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{name}: expected a {'notebook' if path.suffix == '.ipynb' else 'Python file'}, but it cannot be "
            f"read: {error}. Mend or restore the file."
        ) from None
    return list(read_markdown(text, Passage(name, 1, "prose", "")))


def _notebook(notebook: dict[str, Any], name: str) -> Iterator[Passage]:
    for number, cell in enumerate(notebook["cells"], 1):
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        tagged = TAG in cell.get("metadata", {}).get("tags", [])
        wrong = f"{name} cell {number}" if tagged else None
        error = any(output.get("output_type") == "error" for output in cell.get("outputs", []))
        whole = Passage(name, 1, "code", source, number, wrong, error)
        if cell["cell_type"] == "code":
            yield whole
        elif cell["cell_type"] == "markdown":
            yield from read_markdown(source, whole)


def _docstrings(tree: ast.Module, name: str) -> Iterator[Passage]:
    """Every text that stands alone: docstrings, and those below a constant or a field."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            whole = Passage(name, node.lineno, "prose", "")
            if isinstance(text, str):
                yield from read_docstring(text, whole, node.col_offset)
