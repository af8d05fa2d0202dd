"""What is to be diagnosed: a file of Python, found from a path, a text, a class or an instance."""

from __future__ import annotations

import ast
import inspect
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .finding import BadInput

__all__ = ["Target", "find_target"]

TEXT = "<source>"


@dataclass(frozen=True)
class Target:
    """A file and the server in it.

    `name` is the class or the module-level variable; None takes the only one. `shown` is what findings call the file.
    """

    path: Path
    text: str
    shown: str
    name: str | None = None

    @property
    def module(self) -> tuple[str, str]:
        """The folder to put on sys.path, and the dotted name under it: a file in a package has its package's name."""
        parts, folder = [self.path.stem], self.path.parent
        levels = [n.level for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.ImportFrom)]
        while (folder / "__init__.py").exists() or len(parts) <= max(levels, default=0):
            parts.insert(0, folder.name)
            folder = folder.parent
        return str(folder), ".".join(parts).removesuffix(".__init__")


def find_target(server_or_source: Any, scratch: Path | None = None) -> Target:
    """Find the file. A source text is written to one in `scratch`, a folder that the caller removes.

    Raises `BadInput` when there is no such file, or no Python in it.
    """
    if isinstance(server_or_source, Path):
        return _of_file(server_or_source)
    if isinstance(server_or_source, str):
        if "\n" in server_or_source:
            folder = scratch or Path(tempfile.mkdtemp())
            path = folder / "diagnosed_source.py"
            path.write_text(server_or_source, encoding="utf-8")
            _parse(server_or_source, TEXT)
            return Target(path, server_or_source, TEXT)
        return _of_file(Path(server_or_source))
    cls = server_or_source if isinstance(server_or_source, type) else type(server_or_source)
    return _of_class(cls)


def _of_file(path: Path) -> Target:
    name = None
    if not path.exists() and ":" in path.name:
        file, _, name = str(path).rpartition(":")
        path = Path(file)
    if not path.is_file():
        raise BadInput(f"{path}: expected a Python file, but there is none. Check the path.")
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise BadInput(
            f"{path}: expected Python source in UTF-8, but it cannot be read: {error}."
        ) from None
    _parse(text, str(path))
    return Target(path.resolve(), text, str(path), name)


def _of_class(cls: type) -> Target:
    if not any(base.__name__ == "ChatKitServer" for base in cls.__mro__):
        raise BadInput(
            f"expected a path, a source text, or a ChatKitServer class or instance, but got {cls.__name__!r}."
        )
    try:
        path = Path(inspect.getsourcefile(cls) or "")
    except (TypeError, OSError):
        path = Path()
    if not path.is_file() or "<locals>" in cls.__qualname__:
        raise BadInput(
            f"the class {cls.__qualname__!r} is not at the top level of a file, so it cannot be loaded again. "
            "Give diagnose() its source as a text, with the imports that it needs."
        )
    return Target(path.resolve(), path.read_text(encoding="utf-8"), str(path), cls.__name__)


def _parse(text: str, shown: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise BadInput(f"{shown}:{error.lineno}: not Python: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadInput(f"{shown}: not Python: {error}.") from None
