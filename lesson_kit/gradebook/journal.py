"""The journal: results.jsonl, one record a line, written as they come; a kill -9 costs the line in the making."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from .record import Record

__all__ = ["Busy", "Journal"]

_LINES, _RUN = "results.jsonl", "run.json"


class Busy(OSError):
    """Another run writes to this folder."""


class Journal:
    """The records of a folder. Use it in a `with`; it raises `OSError` where the folder cannot be written.

    Lines are only ever added while grading goes on; the last one of a student's exercise counts. `close_up()` leaves one
    line for each, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / _LINES
        folder.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "ab")  # noqa: SIM115 (closed in __exit__)
        self._lock()
        self.records: dict[tuple[str, str], Record] = {}
        self._read()

    def seed(self, wanted: int | None, *, go_on: bool) -> int:
        """Give the run's seed, and keep it: to go on means with the seed that the run began with."""
        path = self._folder / _RUN
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if go_on and wanted is None:
                return int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        seed = secrets.randbelow(2**31) if wanted is None else wanted
        _write(path, json.dumps({"seed": seed}).encode() + b"\n")
        return seed

    def add(self, record: Record) -> None:
        """Write one record, so that it is there whatever comes."""
        self._file.write(_line(record))
        self._file.flush()
        self.records[record.key] = record

    def close_up(self) -> None:
        """Write the file anew: one line a submission, by exercise and student."""
        kept = sorted(self.records.values(), key=lambda one: (one.exercise, one.student))
        _write(self._path, b"".join(map(_line, kept)))
        self._file.close()
        self._file = open(self._path, "ab")  # noqa: SIM115
        self._lock()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Busy(f"another run writes to {self._folder}. Wait for it, or choose another folder.") from None  # fmt: skip

    def _read(self) -> None:
        """Read what there is; the torn last line of a killed run is cut off, so that the next one begins on its own."""
        data = self._path.read_bytes()
        whole, ends, torn = data.rpartition(b"\n")
        if torn:
            os.truncate(self._path, len(whole) + len(ends))
        for line in whole.split(b"\n"):
            with contextlib.suppress(ValidationError):
                record = Record.model_validate_json(line)
                self.records[record.key] = record


def _line(record: Record) -> bytes:
    return record.model_dump_json().encode() + b"\n"


def _write(path: Path, data: bytes) -> None:
    """Put a whole file in place of another, so that a kill leaves the one or the other."""
    made = path.with_name(path.name + ".new")
    with open(made, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, path)
