"""A copy of a student's notebook, made before anything is written over it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["keep"]


def keep(path: Path) -> Path:
    """Copy `exNN_topic.ipynb` to `exNN_topic.backup-1.ipynb`, or to the next free number; give the copy's path."""
    content = path.read_bytes()
    number = 1
    while True:
        kept = path.with_name(f"{path.stem}.backup-{number}{path.suffix}")
        try:
            with kept.open(
                "xb"
            ) as file:  # never over another backup, not even one made this moment
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            number += 1
        else:
            return kept
