"""Files found in folders and archives: their paths, and a bounded way to read each, whatever it is."""

from __future__ import annotations

import calendar
import contextlib
import os
import stat
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..answer.reading import LARGEST_FILE

__all__ = ["JOINERS", "Odd", "Thing", "in_folder", "in_zip", "one_file"]

MOST = 50_000
"""Files of one folder or archive that are looked at."""
LONGEST = 240
"""Characters of one name, and of a whole path four times that."""
JOINERS = "\u200c\u200d"
"""Not to be seen, and yet part of names: Persian and the languages of India are spelt with them."""
# What systems and editors leave behind; no student's work.
_NOISE = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", ".git", "desktop.ini"}  # fmt: skip
# What `lesson-kit grade` itself leaves in a folder.
_REPORTS = {"results.jsonl", "run.json"}
# Unpacked with a bound. With Python's readers of bzip2 and LZMA 400 bytes become half a gigabyte, at once.
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Thing:
    """A file: its path as parts below what was given, its time (seconds since 1970), and how to read it.

    `read` gives one byte more than a submission may have, at the most: so nothing can grow without end.
    """

    parts: tuple[str, ...]
    time: float
    read: Callable[[], bytes]

    @property
    def path(self) -> str:
        return "/".join(self.parts)


@dataclass(frozen=True)
class Odd:
    """Something that is not even looked into, and why."""

    path: str
    why: str


def in_folder(folder: Path) -> Iterator[Thing | Odd]:
    """Find the files below a folder, in order; links are named and never followed."""
    seen = 0
    refused: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=refused.append):
        if set(files) >= _REPORTS and Path(place) != folder:
            yield Odd(_below(folder, place), "reports of an earlier run")
            folders.clear()
            continue
        folders[:] = sorted(set(folders) - _NOISE)
        for name in sorted({*folders, *files} - _NOISE):
            seen += 1
            if seen > MOST:
                yield Odd(str(folder), f"more than {MOST} files: the rest was not looked at")
                return
            path = Path(place, name)
            if found := one_file(path, path.relative_to(folder).parts):
                yield found
    for error in refused:
        yield Odd(_below(folder, error.filename), f"cannot be looked into: {error.strerror}")


def one_file(path: Path, parts: tuple[str, ...]) -> Thing | Odd | None:
    """Look at one file, which is to be known by `parts`; None for a folder."""
    try:
        facts = path.lstat()
    except OSError as error:
        return Odd(shown("/".join(parts)), f"cannot be looked at: {error.strerror}")
    if stat.S_ISDIR(facts.st_mode):
        return None
    if why := odd_name(parts) or _no_file(facts.st_mode):
        return Odd(shown("/".join(parts)), why)
    return Thing(parts, facts.st_mtime, lambda: _read_file(path))


def _below(folder: Path, place: str) -> str:
    return shown(Path(place).relative_to(folder).as_posix())


def _no_file(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link: it may lead to somebody else's file"
    return "" if stat.S_ISREG(mode) else "no ordinary file"


def _read_file(path: Path) -> bytes:
    # A file may have become a link, or a pipe that nobody writes to, since it was found.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        return file.read(LARGEST_FILE + 1)


def in_zip(archive: Path) -> Iterator[Thing | Odd]:
    """Find the files of a zip archive, in order. Nothing is unpacked to the disk, and each is read bounded.

    Raises what the zipfile module raises for what is no archive.
    """
    opened = zipfile.ZipFile(archive)  # open as long as its files are read
    lock = threading.Lock()
    for count, entry in enumerate(opened.infolist()):
        if count >= MOST:
            yield Odd(archive.name, f"more than {MOST} files: the rest was not looked at")
            return
        if entry.is_dir():
            continue
        name = entry.filename
        parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
        if set(parts) & _NOISE:
            continue
        if why := _escapes(name, parts) or odd_name(parts) or _sealed(entry):
            yield Odd(shown(name), why)
        else:
            yield Thing(parts, _time(entry), lambda entry=entry: _read_entry(opened, lock, entry))  # type: ignore[misc]


def _escapes(name: str, parts: tuple[str, ...]) -> str:
    leads_out = ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":"
    return "its name leads out of the archive" if leads_out or not parts else ""


def _sealed(entry: zipfile.ZipInfo) -> str:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) and (why := _no_file(mode)):
        return why
    if entry.flag_bits & 1:
        return "it is encrypted"
    if entry.compress_type not in _BOUNDED:
        return "it is packed in an unusual way: unpack it first"
    if entry.file_size > LARGEST_FILE:
        return f"unpacked it has {entry.file_size} bytes; a submission has {LARGEST_FILE} at most"
    return ""


def odd_name(parts: tuple[str, ...]) -> str:
    """Say what is wrong with a name; "" where nothing is."""
    text = "/".join(parts)
    if not all(map(_is_fit, text)):
        return "its name holds characters that cannot be printed"
    if len(text) > 4 * LONGEST or any(len(part) > LONGEST for part in parts):
        return "its name is too long"
    return ""


def _is_fit(char: str) -> bool:
    # Python takes no space but the plain one for printable; Japanese names are written with a wide one.
    return char.isprintable() or char in JOINERS or unicodedata.category(char) == "Zs"


def shown(text: str) -> str:
    """Make an odd name fit to print."""
    return (text if all(map(_is_fit, text)) else ascii(text)[1:-1])[:120]


def _time(entry: zipfile.ZipInfo) -> float:
    with contextlib.suppress(ValueError, OverflowError):
        return float(calendar.timegm((*entry.date_time, 0, 0, 0)))
    return 0.0


def _read_entry(opened: zipfile.ZipFile, lock: threading.Lock, entry: zipfile.ZipInfo) -> bytes:
    try:
        with lock, opened.open(entry) as file:
            return file.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise OSError(0, f"damaged in the archive ({error})") from None
    except Exception as error:  # zlib.error, lzma.LZMAError: whatever a codec has of its own
        raise OSError(0, f"damaged in the archive ({type(error).__name__})") from None
