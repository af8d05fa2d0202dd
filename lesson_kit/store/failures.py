"""Database errors in plain words."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from .engine import BUSY, describe
from .errors import StoreError

__all__ = ["in_plain_words", "was_in_the_way"]

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

_LOST = (
    "the database {place} ended the connection in the middle of a call, which was probably not saved. "
    "The next call connects again; if that fails too, look whether the server runs."
)
# The beginning of PostgreSQL's error code (appendix A of its manual), the longest match first: what to do.
SERVER_ADVICE = {
    "25006": "{place} may be read but not written: it is probably a copy of another server. Name that one.",
    "28P01": "{place} did not accept the password. Correct the user or the password in the URL.",
    "28": "{place} did not let this user in ({said}). Correct the user in the URL, or ask whoever runs the server.",
    "3D000": "there is no such database as {place}. Make it with createdb, or correct the name in the URL.",
    "42501": "the user of {place} may not do this ({said}). It must be able to make tables there, and to write to them.",
    "53100": "no room to write to {place}: the server's disk is full. Make room, then try again; "
    "what was saved before is safe.",
    "53300": "{place} takes no more connections: each server process needs up to five. "
    "Raise max_connections, or run fewer processes.",
    "57P03": "{place} is starting or stopping ({said}). Try again in a moment.",
    "57P": _LOST,
    "08": _LOST,
}


def was_in_the_way(error: DBAPIError) -> bool:
    """Tell whether a transaction failed only because of another one, so that it may simply be run again.

    Another writer inserted the same key first; or the server could put them into no order (40001), or ended one of
    two that waited for each other (40P01).
    """
    return isinstance(error, IntegrityError) or _code_of(error) in ("40001", "40P01")


def _code_of(error: SQLAlchemyError) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


@contextlib.contextmanager
def in_plain_words(url: sa.URL) -> Iterator[None]:
    """Turn what the database or its driver raises into one `StoreError`."""
    try:
        yield
    except SQLAlchemyError as error:
        # `from None`: the driver's and SQLAlchemy's traces would bury the one line that helps.
        raise StoreError(_explain(error, url)) from None
    except TimeoutError:
        raise StoreError(
            f"the database {describe(url)} did not answer in time, so nobody knows whether the call was saved. "
            "Look whether it runs, and whether the network reaches it."
        ) from None
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
    first_line = said.splitlines()[0] if said else type(error).__name__
    # What asyncpg says stands behind the name of SQLAlchemy's class for it: "<class '...'>: ...".
    first_line = re.sub(r"^<class '[\w.]*'>: ", "", first_line)
    for code, advice in SERVER_ADVICE.items():
        if _code_of(error).startswith(code):
            return advice.format(place=place, said=first_line)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _LOST.format(place=place)
    return f"the database {place} refused: {first_line}"


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
