"""An answer found in a .py file, a notebook or a text: whatever else is in it, a clear message and never a traceback."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..recording.moment import parse
from .answer import Answer
from .look import look

__all__ = [
    "LARGEST_FILE",
    "LARGEST_SOURCE",
    "answer_of_bytes",
    "answer_of_source",
    "read_answer",
]

LARGEST_FILE = 5_000_000
"""Bytes of a submission; a notebook carries its outputs."""
LARGEST_SOURCE = 200_000
"""Characters of one answer."""
_MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)


def read_answer(path: Path, defines: Sequence[str], may_use: Sequence[str]) -> Answer:
    """Read a submission: a notebook's last cell that defines what is asked for, or a whole .py file. Never raises."""
    shown = path.name
    try:
        if path.stat().st_size > LARGEST_FILE:
            return _bad("forbidden", shown, f"The file is larger than {LARGEST_FILE // 10**6} MB.")
        data = path.read_bytes()
    except OSError as error:
        said = error.strerror or type(error).__name__
        return _bad("missing", shown, f"The file cannot be read: {said}.")
    return answer_of_bytes(data, shown, defines, may_use)


def answer_of_bytes(
    data: bytes, shown: str, defines: Sequence[str], may_use: Sequence[str]
) -> Answer:
    """Read a submission from what its file holds; `shown` is the file's name, and says what kind it is. Never raises."""
    if len(data) > LARGEST_FILE:
        return _bad("forbidden", shown, f"The file is larger than {LARGEST_FILE // 10**6} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data[: error.start].count(b"\n") + 1
        said = f"The file is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        return _bad("syntax_error", shown, said, place)
    if shown.lower().endswith(".ipynb"):
        return _of_notebook(text, shown, defines, may_use)
    return answer_of_source(text, defines, may_use, file=shown)


def answer_of_source(
    source: str, defines: Sequence[str], may_use: Sequence[str], *, file: str = "<answer>"
) -> Answer:
    """Look at a source before it runs. Never raises."""
    if len(source) > LARGEST_SOURCE:
        said = (
            f"The answer is longer than {LARGEST_SOURCE} characters. Keep only what is asked for."
        )
        return _bad("forbidden", file, said)
    try:
        source.encode()
    except (
        UnicodeEncodeError
    ) as error:  # a notebook's JSON can say "\ud800"; no report could hold it
        line = source.count("\n", 0, error.start) + 1
        whole = source.encode("utf-8", "replace").decode()
        said = "There is half a character in it, which no file can hold. Type that line anew."
        return Answer(whole, file, 1, said, "syntax_error", line)
    # One kind of line end, so that all who quote a line count as Python does; str.splitlines breaks at ten more characters.
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    source = _plain_python(source)
    if not source.strip():
        return _bad("missing", file, f"The answer is empty. Write {_names(defines)}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # an odd escape in a student's text is no matter of ours
            tree = ast.parse(source)
            compile(source, file, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        said = f"This is not Python yet: {error.msg}."
        return Answer(source, file, 1, said, "syntax_error", error.lineno or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        said = f"This cannot be read as Python: {str(error) or 'it is nested too deeply'}."
        return Answer(source, file, 1, said, "syntax_error", 1)
    if not set(defines) & set(_defined(tree)):
        said = f"There is no {_names(defines)} in it. Keep the name that the exercise gives."
        return Answer(source, file, 1, said, "missing")
    if refused := look(tree, may_use):
        return Answer(source, file, 1, refused.message, "forbidden", refused.line)
    return Answer(source, file)


def _of_notebook(text: str, shown: str, defines: Sequence[str], may_use: Sequence[str]) -> Answer:
    try:
        notebook = parse(text)
    except ValueError as error:
        why = error if text.strip() else "it is empty"
        return _bad("syntax_error", shown, f"The notebook is damaged: {why}. Save it again.")
    cells = list(_code_cells(notebook))
    if not cells:
        return _bad("missing", shown, "The file has no code cell. Is it the exercise's notebook?")
    counts = [sum(_mentions(source, name) for name in defines) for _, source in cells]
    most = max(counts)
    if most == 0:
        said = f"No cell defines {_names(defines)}. Write it in the answer cell."
        return _bad("missing", shown, said)
    number, source = [cell for cell, count in zip(cells, counts, strict=True) if count == most][-1]
    return answer_of_source(source, defines, may_use, file=f"{shown}, cell {number}")


def _code_cells(notebook: Any) -> Iterator[tuple[int, str]]:
    """Give number (from 1, all cells counted) and source of each code cell; a source is a text or a list of lines."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else [], 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if isinstance(source, str) and source.strip():
            yield number, source


def _mentions(source: str, name: str) -> bool:
    """Tell whether a source means to define a name, also when it is not Python yet."""
    word = re.escape(name)
    return bool(
        re.search(rf"^(?:(?:async\s+def|def|class)\s+{word}\b|{word}\s*[:=])", source, re.M)
    )


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _plain_python(source: str) -> str:
    """Blank out a notebook's own commands (`%time`, `!ls`), and keep the lines' numbers; nothing inside a text."""
    if not _MAGIC.search(source):
        return source
    try:
        ast.parse(source)
    except SyntaxError:
        return _MAGIC.sub("", source)
    except (ValueError, RecursionError, MemoryError):
        pass
    return source


def _names(defines: Sequence[str]) -> str:
    return " or ".join(defines) if len(defines) < 4 else f"{', '.join(defines[:3])} ..."


def _bad(status: Any, file: str, message: str, line: int | None = None) -> Answer:
    return Answer("", file, 1, message, status, line)
