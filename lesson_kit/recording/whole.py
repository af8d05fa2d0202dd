"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Put `data` (a text in UTF-8) into a file; who reads it meanwhile sees the old content or the new, never a part.

    Safe against an error or a killed process, not against a power cut: it does not wait for the disk. Raises `OSError`
    as `open` does; then the old file stays and no draft is left behind.
    """
    target = Path(path)
    # In the same folder: a rename across file systems is a copy, and a copy can be seen half done.
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(data.encode() if isinstance(data, str) else data)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
