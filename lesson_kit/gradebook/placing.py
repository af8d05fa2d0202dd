"""A whole file put in place of another: a kill or a full disk leaves the one or the other, and never half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["put"]


def put(path: Path, data: bytes, *, lasting: bool = False) -> None:
    """Write a file; a `lasting` one also outlives a power cut. Raises `OSError`, and then what was there stays."""
    made = path.with_name(path.name + ".new")
    try:
        with open(made, "wb") as file:
            file.write(data)
            if lasting:  # no wait for the disk where results.jsonl can make it again
                file.flush()
                os.fsync(file.fileno())
        os.replace(made, path)
    except OSError:
        with contextlib.suppress(OSError):
            made.unlink()
        raise
