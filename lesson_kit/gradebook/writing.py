"""All reports of a run, written into one folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .feedback import TITLE, feedback
from .gradescope import results
from .junit import junit
from .overview import overview
from .placing import put
from .record import Record
from .submission import Left
from .tables import canvas, gradebook, moodle

__all__ = ["file_names", "write_reports"]

_UNFIT = re.compile(r"[^\w.@+-]+")
# Names that Windows keeps for itself.
_KEPT = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def write_reports(out: Path, records: Iterable[Record], left: Sequence[Left], titles: Mapping[str, str], *, withhold: bool = False) -> None:  # fmt: skip
    """Write all reports but the journal. `titles` has the exercises' titles; raises `OSError` for a full disk."""
    kept = sorted(records, key=lambda one: (one.student.casefold(), one.student, one.exercise))
    # Excel takes a file without this mark for one of its own country's, and spoils every name with an accent.
    _text(out / "gradebook.csv", "\ufeff" + gradebook(kept))
    most: dict[str, float] = {}
    for record in kept:
        most[record.exercise] = max(most.get(record.exercise, 0.0), record.max_score)
    _text(out / "canvas.csv", canvas(kept, most))
    if len(most) > 1:
        (out / "moodle.csv").unlink(missing_ok=True)  # an earlier run's, of one exercise alone
    for name in most:
        own = [record for record in kept if record.exercise == name]
        # A worksheet of Moodle's belongs to one assignment.
        _text(out / ("moodle.csv" if len(most) == 1 else f"moodle-{name.split('_')[0]}.csv"), moodle(own, withhold=withhold))  # fmt: skip
    put(out / "junit.xml", junit(kept))
    _gradescope(out / "gradescope", kept, withhold)
    _pages(out, kept, left, titles, withhold)


def _gradescope(folder: Path, records: Sequence[Record], withhold: bool) -> None:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        own = record.number if record.lms == "gradescope" else f"{record.student} {record.exercise}"
        groups[own].append(record)
    names = file_names(groups)
    for name, group in groups.items():
        place = folder / names[name]
        place.mkdir(parents=True, exist_ok=True)
        told = json.dumps(results(group, withhold=withhold), indent=1, ensure_ascii=False)
        _text(place / "results.json", told)
    _only(folder, set(names.values()))


def _pages(out: Path, records: Sequence[Record], left: Sequence[Left], titles: Mapping[str, str], withhold: bool) -> None:  # fmt: skip
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.student].append(record)
    names = {student: f"{name}.html" for student, name in file_names(groups).items()}
    folder = out / "feedback"
    folder.mkdir(exist_ok=True)
    for student, group in groups.items():
        _text(folder / names[student], feedback(student, group, titles, withhold=withhold))
    _only(folder, set(names.values()))
    pages = {student: f"feedback/{name}" for student, name in names.items()}
    _text(out / "class.html", overview(records, left, titles, pages))


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a file name of its own, whatever it holds, on every system the same."""
    found: dict[str, str] = {}
    taken = set(_KEPT)
    for name in sorted(names):
        made = _UNFIT.sub("_", name).strip("._")[:60]
        if made != name.replace(" ", "_") or made.casefold() in taken or not made:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            made = f"{made or 'student'}-{digest}"
        taken.add(made.casefold())
        found[name] = made
    return found


def _only(folder: Path, names: set[str]) -> None:
    """Remove what an earlier run left there of students who are no longer in the gradebook, and nothing else."""
    if not folder.is_dir():
        return
    for old in folder.iterdir():
        if old.name in names:
            continue
        if old.is_dir() and not old.is_symlink() and [one.name for one in old.iterdir()] == ["results.json"]:  # fmt: skip
            shutil.rmtree(old, ignore_errors=True)
        elif old.suffix == ".html":
            with contextlib.suppress(OSError):
                if TITLE.encode() in old.read_bytes():
                    old.unlink()


def _text(path: Path, text: str) -> None:
    put(path, text.encode("utf-8", "replace"))
