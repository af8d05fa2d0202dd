"""The journal: results.jsonl, one record a line, written as they come; a kill -9 costs the line in the making."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import IO

from pydantic import ValidationError

from .placing import put
from .record import Record

__all__ = ["Busy", "Journal"]

_LINES, _RUN, _LOCK = "results.jsonl", "run.json", ".lock"


class Busy(OSError):
    """Another run writes to this folder."""


class Journal:
    """The records of a folder. Use it in a `with`; it raises `OSError` where the folder cannot be written.

    Lines are only ever added while grading goes on; the last one of a student's exercise counts. `close_up()` leaves one
    line for each, in order, and is the end: no more can be added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / _LINES
        self.records: dict[tuple[str, str], Record] = {}
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as files:
            # A file of its own, because results.jsonl is replaced at the end: who opened the old one must not get its lock then.
            self._lock(files.enter_context(open(folder / _LOCK, "ab")))
            self._file = files.enter_context(open(self._path, "ab"))
            self._read()
            self._files = files.pop_all()

    def seed(self, wanted: int | None, *, go_on: bool) -> int:
        """Give the run's seed, and keep it: to go on means with the seed that the run began with."""
        path = self._folder / _RUN
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if go_on and wanted is None:
                return int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        seed = secrets.randbelow(2**31) if wanted is None else wanted
        put(path, json.dumps({"seed": seed}).encode() + b"\n", lasting=True)
        return seed

    def add(self, record: Record) -> None:
        """Write one record, so that it is there whatever comes."""
        self._file.write(_line(record))
        self._file.flush()
        self._take(record)

    def close_up(self) -> None:
        """Write the file anew: one line a submission, by exercise and student."""
        kept = sorted(self.records.values(), key=lambda one: (one.exercise, one.student))
        self._file.close()
        put(self._path, b"".join(map(_line, kept)), lasting=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close()

    def _lock(self, file: IO[bytes]) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another run writes to {self._folder}. Wait for it, or choose another folder.") from None  # fmt: skip
        except OSError:
            pass  # a file system without locks, as some network drives are

    def _read(self) -> None:
        """Read what there is; the torn last line of a killed run is cut off, so that the next one begins on its own."""
        data = self._path.read_bytes()
        whole, ends, torn = data.rpartition(b"\n")
        if torn:
            os.truncate(self._path, len(whole) + len(ends))
        for line in whole.split(b"\n"):
            with contextlib.suppress(ValidationError):
                self._take(Record.model_validate_json(line))

    def _take(self, record: Record) -> None:
        """Keep a record; one of the same work goes, also from the time before its student was told apart from a namesake."""
        for who in {record.number, record.email} - {""}:
            bare = record.student.removesuffix(f" ({who})")
            for student in (bare, f"{bare} ({who})"):
                old = self.records.get((student, record.exercise))
                if old and who in (old.number, old.email):
                    del self.records[old.key]
        self.records[record.key] = record


def _line(record: Record) -> bytes:
    return record.model_dump_json().encode() + b"\n"
