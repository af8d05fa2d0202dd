"""What a path says in the exports of Canvas, Moodle and Gradescope, or in a teacher's own folders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

__all__ = ["Named", "Person", "as_one", "people_of", "read_path"]

_EXERCISE = re.compile(r"(?<![a-z0-9])ex[ _-]?(\d{2})(?!\d)", re.IGNORECASE)
# Canvas: name_LATE_user_submission_file-version; Moodle: "Full Name_number_assignsubmission_file_" (a folder, or the
# start of a file's name); Gradescope: submission_number, beside submission_metadata.yml.
_CANVAS = re.compile(
    r"(?P<student>[^_]+)(?P<late>_LATE)?_(?P<user>\d{1,12})_(?P<sent>\d{1,12})_(?P<rest>.+)"
)
_MOODLE = re.compile(r"(?P<student>.+?)_(?P<number>\d{1,12})_assignsubmission_file_?(?P<rest>.*)")
_GRADESCOPE = re.compile(r"submission_\d{1,15}")
_VERSION = re.compile(r"(?:-(\d{1,4})| ?\((\d{1,4})\))$")


@dataclass(frozen=True)
class Named:
    """What a path says. `exercise` is a short name such as "ex03", "" where it says none; so is `student`."""

    student: str = ""
    exercise: str = ""
    late: bool = False
    lms: str = ""
    number: str = ""
    sent: int = 0
    version: int = 0
    email: str = ""


@dataclass(frozen=True)
class Person:
    """Whom Gradescope's metadata names for a submission."""

    name: str
    email: str = ""


def as_one(name: str) -> str:
    """Spell a name in the one way, whatever spaces and accents it came with: macOS writes an accent as a character."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def read_path(
    parts: Sequence[str],
    people: Mapping[str, Person],
    exercises: Iterable[str],
    *,
    deep: bool = True,
) -> Named:
    """Read the path of a file, below the folder or archive that was given.

    `people` are Gradescope's, by the path of their folder; `exercises` the whole names of those that there are. With
    `deep` an export is known wherever it lies; else only at the top, where no student has chosen a name.
    """
    named = _named(parts, people, exercises, deep)
    return replace(named, student=as_one(named.student))


def _named(
    parts: Sequence[str], people: Mapping[str, Person], exercises: Iterable[str], deep: bool
) -> Named:
    *folders, file = parts
    stem = file.rpartition(".")[0] or file
    for depth, folder in enumerate(folders if deep else folders[:1], 1):
        if _GRADESCOPE.fullmatch(folder) and people:
            person = people.get("/".join(folders[:depth]), Person(folder))
            return _own(stem, Named(person.name, lms="gradescope", number=folder, email=person.email))  # fmt: skip
        if found := _MOODLE.fullmatch(folder):
            return _own(stem, _moodle(found))
    if deep or not folders:
        if found := _MOODLE.fullmatch(stem):
            return _own(found["rest"], _moodle(found))
        if found := _CANVAS.fullmatch(stem):
            return _own(found["rest"], _canvas(found))
    return _plain(folders, stem, exercises)


def _moodle(found: re.Match[str]) -> Named:
    return Named(found["student"], lms="moodle", number=found["number"])


def _canvas(found: re.Match[str]) -> Named:
    return Named(
        found["student"],
        late=bool(found["late"]),
        lms="canvas",
        number=found["user"],
        sent=int(found["sent"]),
    )


def _own(stem: str, named: Named) -> Named:
    """Add what the student's own name of the file says: the exercise, and a number at its end."""
    exercise = _EXERCISE.search(stem)
    short = f"ex{exercise[1]}" if exercise else ""
    return replace(named, exercise=short, version=_version(stem))


def _plain(folders: Sequence[str], stem: str, exercises: Iterable[str]) -> Named:
    """Read a folder per student, or a file that begins (or ends) with the student's name."""
    if folders:
        return _own(stem, Named(folders[0]))
    for name in exercises:  # the whole name may stand without a gap: "adaex03_thinking_indicator"
        if found := re.search(re.escape(name), stem, re.IGNORECASE):
            return replace(_own(name, Named(_student(stem, found))), version=_version(stem))
    if found := _EXERCISE.search(stem):
        return _own(stem, Named(_student(stem, found)))
    return _own(stem, Named())


def _student(stem: str, exercise: re.Match[str]) -> str:
    before, after = stem[: exercise.start()], stem[exercise.end() :]
    return before.strip(" _-.") or _VERSION.sub("", after).strip(" _-.")


def _version(stem: str) -> int:
    version = _VERSION.search(stem)
    return int(version[1] or version[2]) if version else 0


_LINE = re.compile(r"^(submission_\d{1,15}):\s*$")
_FIELD = re.compile(r"^\s+(?:- )?:(name|email):\s*(.*?)\s*$")


def people_of(metadata: str) -> dict[str, Person]:
    """Read whom Gradescope's submission_metadata.yml names, by the folder of the submission.

    A reader of two fields by hand: YAML as a whole can hold bombs, and objects of any class.
    """
    people: dict[str, Person] = {}
    folder = ""
    for line in metadata.splitlines():
        if found := _LINE.match(line):
            folder = found[1]
        elif folder and (found := _FIELD.match(line)):
            person = people.get(folder, Person(""))
            value = found[2].strip("\"'")
            if found[1] == "name" and not person.name:
                people[folder] = replace(person, name=value)
            elif found[1] == "email" and not person.email:
                people[folder] = replace(person, email=value)
    return {folder: person if person.name else replace(person, name=person.email or folder) for folder, person in people.items()}  # fmt: skip
