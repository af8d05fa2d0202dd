"""The stamp in `.venv`: a note, written last, of what was set up completely.

No stamp means that a set-up was interrupted, whatever else lies in the folder.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "set-up.json"


@dataclass(frozen=True)
class Stamp:
    """Two hashes: one of all installed packages, one of the workbook's own package."""

    packages: str
    project: str


def wanted(root: Path, python_version: str) -> Stamp:
    """The stamp that a complete set-up of this folder has now."""
    lock = (root / "requirements.lock").read_bytes()
    project = (root / "pyproject.toml").read_bytes()
    # The folder counts: scripts in .venv/bin hold its full path, so a moved folder is a new one.
    place = f"{python_version}\n{root}\n".encode()
    return Stamp(_hash(place + lock), _hash(place + project))


def read(home: Path) -> Stamp | None:
    """The stamp in the environment `home`, or None where there is none that can be read."""
    try:
        return Stamp(**json.loads((home / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(home: Path, stamp: Stamp) -> None:
    """Write the stamp in one step, so that a killed process leaves no half of it."""
    fresh = home / (NAME + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(stamp), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home / NAME)


def forget(home: Path) -> None:
    """Remove the stamp: from here on the environment counts as unfinished."""
    (home / NAME).unlink(missing_ok=True)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
