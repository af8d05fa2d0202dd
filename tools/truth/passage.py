"""A passage: a piece of text or code of the workbook, with the place where a reader finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

__all__ = ["Kind", "Passage"]

# code: Python that stands for itself; inline: code in the middle of a sentence; prose: the sentence.
Kind: TypeAlias = Literal["code", "inline", "prose"]


@dataclass(frozen=True)
class Passage:
    """`line` counts from 1 in the file, or in the cell when `cell` (also from 1) is set.

    `wrong` names the marked place that this is part of: it shows a wrong form, so something in it must not exist.
    `has_error` says that the cell was run and ended with an error, which is a wrong form too.
    """

    file: str
    line: int
    kind: Kind
    text: str
    cell: int | None = None
    wrong: str | None = None
    has_error: bool = False

    @property
    def place(self) -> str:
        """Where it stands, as an editor or a person finds it."""
        return (
            f"{self.file} cell {self.cell}, line {self.line}"
            if self.cell
            else f"{self.file}:{self.line}"
        )

    def at(self, line: int) -> Passage:
        """The same passage, pointing at one of its lines, counted from 1."""
        return replace(self, line=self.line + line - 1)
