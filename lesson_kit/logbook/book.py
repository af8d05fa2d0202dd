"""The logbook on disk: one SQLite file to which deeds are only ever added.

Adding one row is one transaction, so a kill -9 in its middle loses that row at the most, and two notebooks that write
at the same time lose nothing: no row is ever read, changed and written back.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from .entry import Deed, Entry, sum_up
from .place import logbook_file

__all__ = ["Logbook"]

T = TypeVar("T")

_VERSION = 1
_PATIENCE = 3.0  # seconds that one notebook waits for another to finish its row
_TABLE = """\
CREATE TABLE IF NOT EXISTS deeds (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, exercise TEXT NOT NULL, kind TEXT NOT NULL,
    score REAL NOT NULL, max_score REAL NOT NULL, passed INTEGER NOT NULL, digest TEXT NOT NULL)"""
_ADD = (
    "INSERT INTO deeds (exercise, kind, score, max_score, passed, digest) VALUES (?, ?, ?, ?, ?, ?)"
)


class Damaged(Exception):
    """The file is no logbook of ours."""


class Logbook:
    """What was tried, passed and asked for, per exercise.

    `Logbook(file)` keeps it in that file, `Logbook(None)` in memory. No method raises for a disk that is full, read-only
    or gone, nor for a damaged file: the deeds of this process are kept in memory then, and `trouble()` says in one
    line what the student should know.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._trouble = ""
        self._unsaved: list[tuple[str, Deed]] = []

    @classmethod
    def here(cls) -> Logbook:
        """The logbook of the course that the working directory belongs to."""
        return cls(logbook_file())

    def add(self, exercise: str, deed: Deed) -> Entry:
        """Note a deed, and give what the exercise's deeds come to with it."""
        row = (exercise, deed.kind, deed.score, deed.max_score, deed.passed, deed.digest)
        # A process that could not write once keeps to its memory: half of its deeds in each place helps nobody.
        if self.file is None or self._unsaved or not self._try(lambda book: _insert(book, row)):
            self._unsaved.append((exercise, deed))
        return self.entry(exercise)

    def entry(self, exercise: str) -> Entry:
        """Give one exercise's entry; an empty one where nothing was done yet."""
        return self.entries().get(exercise, Entry())

    def entries(self) -> dict[str, Entry]:
        """Give the entries of all exercises in which something was done."""
        found: list[tuple[str, Deed]] = []
        if self.file is not None and self.file.exists():
            self._try(lambda book: found.extend(_read(book)))
        deeds: defaultdict[str, list[Deed]] = defaultdict(list)
        for exercise, deed in [*found, *self._unsaved]:
            deeds[exercise].append(deed)
        return {exercise: sum_up(done) for exercise, done in deeds.items()}

    def trouble(self) -> str:
        """Say what went wrong since the last call, in one line; "" where all is well. What lasts is said again."""
        said = self._trouble
        if not self._unsaved:
            self._trouble = ""
        return said

    def _try(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        assert self.file is not None
        try:
            try:
                with _opened(self.file) as book:
                    work(book)
            except Damaged:
                kept = _set_aside(self.file)
                self._trouble = (
                    f"The logbook was damaged. It is kept as {kept.name}; a new one was started."
                )
                with _opened(self.file) as book:
                    work(book)
        except (OSError, sqlite3.Error, Damaged) as error:
            self._trouble = (
                f"Your progress cannot be saved in {self.file.parent.name}/{self.file.name} ({_first_line(error)}). "
                "The check works all the same. Free some space, or make the folder writable."
            )
            return False
        return True


def _insert(book: sqlite3.Connection, row: tuple[object, ...]) -> None:
    book.execute(_ADD, row)


def _read(book: sqlite3.Connection) -> Iterator[tuple[str, Deed]]:
    rows = book.execute(
        "SELECT exercise, kind, score, max_score, passed, digest FROM deeds ORDER BY number"
    )
    for exercise, kind, score, max_score, passed, digest in rows:
        yield exercise, Deed(kind, score, max_score, bool(passed), digest)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction; raises `Damaged` for what is no logbook."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as book:
            (version,) = book.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                _make(book, version)
            with book:  # commits, or rolls back
                yield book
    except sqlite3.OperationalError:
        raise  # locked, full, read-only: the file itself may be sound
    except sqlite3.DatabaseError as error:
        raise Damaged from error


def _make(book: sqlite3.Connection, version: int) -> None:
    """Make a new file's table. Two notebooks may do it at the same time: the second finds it made."""
    known = book.execute("SELECT count(*) FROM sqlite_master WHERE name != 'deeds'").fetchone()
    if version or known != (0,):
        raise Damaged
    book.execute(_TABLE)
    book.execute(f"PRAGMA user_version = {_VERSION}")


def _set_aside(file: Path) -> Path:
    """Rename a damaged file; nothing of it is thrown away."""
    number = 1
    while (kept := file.with_name(f"{file.stem}.damaged-{number}{file.suffix}")).exists():
        number += 1
    with suppress(FileNotFoundError):  # the other notebook was quicker
        file.rename(kept)
    # A journal that stayed behind would be played into the new file.
    for journal in ("-journal", "-wal", "-shm"):
        file.with_name(file.name + journal).unlink(missing_ok=True)
    return kept


def _first_line(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else str(error)
    return (told or type(error).__name__).splitlines()[0]
