"""The files of the exercises: `solutions/`, `exercises/` and where each one lies."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..logbook import course_folder

__all__ = ["Shelf", "ShelfError", "read_notebook", "replace"]

_NAME = re.compile(r"ex\d\d_\w+")


class ShelfError(LookupError):
    """A file that should be there is not, or is no notebook; the message says what to do."""


@dataclass(frozen=True)
class Shelf:
    """The exercises' files in one course, found by the name of the exercise (ex03_thinking_indicator)."""

    root: Path

    @classmethod
    def here(cls) -> Shelf:
        """The course that the working directory belongs to."""
        return cls(course_folder())

    def solution(self, name: str) -> Path:
        return self.root / "solutions" / f"{name}.ipynb"

    def exercise(self, name: str) -> Path:
        return self.root / "exercises" / f"{name}.ipynb"

    def names(self) -> list[str]:
        """The names of all solutions, in order."""
        found = (path.stem for path in (self.root / "solutions").glob("ex*.ipynb"))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def chosen(self, wanted: Sequence[str]) -> list[str]:
        """The names that are meant: "ex03" or a whole name; all where none is given. Raises `ShelfError`."""
        there = self.names()
        if not there:
            raise ShelfError(
                f"expected solutions/exNN_topic.ipynb in {self.root.name}/, but found none. "
                "Call it in the folder of the course."
            )
        return [self._one(name, there) for name in wanted] or there

    def _one(self, wanted: str, there: Sequence[str]) -> str:
        found = [name for name in there if wanted in (name, name.split("_")[0])]
        if len(found) != 1:
            raise ShelfError(
                f"expected one of {', '.join(there)}, but got {wanted!r}. The short form is ex03."
            )
        return found[0]


def read_notebook(path: Path) -> Any:
    """Read a notebook as nbformat gives it. Raises `ShelfError` for a file that is missing or no notebook."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise ShelfError(f"expected {path.parent.name}/{path.name}, but it is not there.") from None
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ShelfError(f"{path.parent.name}/{path.name} is no notebook: {told}") from None


def replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)  # mkstemp gives the file to its owner alone
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
