"""An answer: the source of one submission, and whether it can be run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Answer"]


@dataclass(frozen=True)
class Answer:
    """One answer as it was found.

    `file` is what messages call it, `first_line` the line of that file on which the source begins (1 for a cell). When
    `status` is not "ok", `message` says in one or two sentences what was expected and what to do, and `line` (from 1,
    in the source) where.
    """

    source: str
    file: str = "<answer>"
    first_line: int = 1
    message: str = ""
    status: Literal["ok", "syntax_error", "missing", "forbidden"] = "ok"
    line: int | None = None
