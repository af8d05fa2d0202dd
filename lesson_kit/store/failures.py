"""Database errors in plain words."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .engine import BUSY, describe
from .errors import StoreError

__all__ = ["in_plain_words"]

# What SQLite says (a part of it): what that means, and what to do. {place} is the file.
ADVICE = {
    "file is not a database": "{place} is there, but it is not a SQLite database. "
    "Name another file; this one is left as it is.",
    "malformed": "{place} is damaged. Restore it from a copy, or move it away to begin a new one.",
    "disk is full": "no room to write to {place}: the disk is full. Make room, then try again; "
    "what was saved before is safe.",
    "readonly": "{place} may be read but not written. Change its permissions (and those of its "
    "folder, where SQLite writes too), or name another file.",
    "is locked": f"another writer has held {{place}} for more than {BUSY:g} seconds, probably in "
    "another process. Stop it, or try again when it is done.",
    "disk i/o error": "the disk under {place} does not answer as it should. "
    "Check that it has room and is still there, then try again.",
}


@contextlib.contextmanager
def in_plain_words(url: sa.URL) -> Iterator[None]:
    """Turn what the database or its driver raises into one `StoreError`."""
    try:
        yield
    except SQLAlchemyError as error:
        # `from None`: the driver's and SQLAlchemy's traces would bury the one line that helps.
        raise StoreError(_explain(error, url)) from None
    except OSError as error:
        raise StoreError(
            f"cannot reach the database {describe(url)}: {error}. "
            "Is it running, and is the address right?"
        ) from None


def _explain(error: SQLAlchemyError, url: sa.URL) -> str:
    place = describe(url)
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    if "unable to open database file" in said and os.path.isabs(place):
        return _why_not_open(place)
    for part, advice in ADVICE.items():
        if part in said.lower():
            return advice.format(place=place)
    return f"the database {place} refused: {said.splitlines()[0] if said else type(error).__name__}"


def _why_not_open(file: str) -> str:
    folder = os.path.dirname(file)
    if os.path.isdir(file):
        return (
            f"{file} is a folder. Name a file in it, such as {os.path.join(file, 'lesson.sqlite')}."
        )
    if not os.path.exists(folder):
        return (
            f"cannot create {file}: the folder {folder} does not exist. "
            "Make it first, or name another file."
        )
    if not os.path.isdir(folder):
        return f"cannot create {file}: {folder} is a file, not a folder. Name another file."
    return (
        f"cannot open or create {file}: permission denied. "
        "Change the permissions of the file and of its folder, or name another file."
    )
