"""Submissions collected from folders and from the archives that Canvas, Moodle and Gradescope export."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .finding import Odd, Thing, in_folder, in_zip, one_file
from .naming import Named, Person, people_of, read_path
from .submission import Collected, Left, Submission

__all__ = ["NothingFound", "collect"]

_KINDS = (".ipynb", ".py")
_CHECKS = re.compile(rb"""\bcheck\(\s*\\?["'](?:ex)?(\d{1,2})""")
_METADATA = "submission_metadata.yml"
_SEEN = 200_000  # bytes that are looked at where the name says no exercise


class NothingFound(ValueError):
    """A path that is not there, or that holds no submission. The message says what was expected."""


@dataclass
class _Collector:
    """`defines` has the names that each exercise asks for, by its whole name."""

    defines: Mapping[str, Sequence[str]]
    found: list[Submission] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def take(self, path: Path) -> None:
        things = []
        for thing in _things(path):
            if isinstance(thing, Odd):
                self.left.append(Left(thing.path, thing.why))
            else:
                things.append(thing)
        things = _below_common_folder(things, archive=path.is_file())
        people = self._people(things)
        work = [thing for thing in things if self._is_work(thing)]
        # In a folder of their own students choose the names: also one that an export gives to somebody else's work.
        deep = all(
            len(thing.parts) == 1 or read_path(thing.parts, people, ()).lms for thing in work
        )
        for thing in work:
            self._take(thing, read_path(thing.parts, people, self.defines, deep=deep))

    def _people(self, things: list[Thing]) -> dict[str, Person]:
        """Read whom Gradescope's metadata name, by the path of the submission's folder, which lies beside them."""
        people: dict[str, Person] = {}
        for thing in things:
            *above, file = thing.parts
            if file == _METADATA:
                try:
                    named = people_of(thing.read().decode("utf-8", "replace"))
                except OSError as error:
                    self.left.append(Left(thing.path, f"cannot be read: {error.strerror}"))
                else:
                    people |= {"/".join((*above, name)): person for name, person in named.items()}
        return people

    def _is_work(self, thing: Thing) -> bool:
        file = thing.parts[-1].lower()
        if not file.endswith(_KINDS) and file != _METADATA:
            more = ": unpack it first" if file.endswith((".zip", ".tar", ".gz", ".7z", ".rar")) else ""  # fmt: skip
            self.left.append(Left(thing.path, f"neither a notebook nor a .py file{more}"))
        return file.endswith(_KINDS)

    def _take(self, thing: Thing, named: Named) -> None:
        exercise = next((name for name in self.defines if name.split("_")[0] == named.exercise), "")
        if named.exercise and not exercise:
            self.left.append(Left(thing.path, f"there is no exercise {named.exercise}"))
            return
        try:
            exercise = exercise or self._by_content(thing)
        except OSError as error:
            self.left.append(Left(thing.path, f"cannot be read: {error.strerror or error}"))
            return
        if not exercise:
            self.left.append(Left(thing.path, "no exercise in its name (ex03...) nor in its text"))
        elif not named.student:
            self.left.append(Left(thing.path, "no student in its name or its folder"))
        else:
            self.found.append(_submission(thing, named, exercise))

    def _by_content(self, thing: Thing) -> str:
        """Tell the exercise of a renamed file by its check cell, or by the names that it defines. Raises `OSError`."""
        text = thing.read()[:_SEEN]
        numbers = {f"ex{int(number):02}" for number in _CHECKS.findall(text)}
        fits = [name for name in self.defines if name.split("_")[0] in numbers]
        if len(fits) != 1:
            fits = [name for name, asked in self.defines.items() if _defines(text, asked)]
        return fits[0] if len(fits) == 1 else ""


def collect(paths: Sequence[Path], defines: Mapping[str, Sequence[str]]) -> Collected:
    """Collect the submissions below some paths: folders, zip archives, single files.

    `defines` has the names that each exercise asks for, by the exercise's whole name. Of several files of one student
    for one exercise the newest counts; the others are listed. Raises `NothingFound`.
    """
    collector = _Collector(defines)
    for path in paths:
        collector.take(path)
    submissions, older = _newest(_told_apart(collector.found))
    left = sorted([*collector.left, *older], key=lambda one: one.file)
    if not submissions:
        hint = f" ({left[0].file}: {left[0].why})" if left else ""
        raise NothingFound(
            f"expected files named like anna_ex03_topic.ipynb, or a folder per student, in {paths[0]}, but found none{hint}."
        )
    return Collected(sorted(submissions, key=lambda one: (one.exercise, one.student)), left)


def _things(path: Path) -> Iterator[Thing | Odd]:
    if path.is_dir():
        return in_folder(path)
    if not path.exists():
        raise NothingFound(f"expected a folder or a zip archive, but there is no {path}.")
    if path.suffix.lower() in _KINDS:
        return filter(None, [one_file(path, (path.name,))])
    try:
        return iter(list(in_zip(path)))
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise NothingFound(
            f"expected a folder or a zip archive, but {path.name} is neither ({error})."
        ) from None


def _below_common_folder(things: list[Thing], *, archive: bool) -> list[Thing]:
    """Leave out a folder that all lie in, where it is the class's and not a student's."""
    tops = {thing.parts[0] for thing in things}
    if len(tops) != 1 or any(len(thing.parts) < 2 for thing in things):
        return things
    inner = [replace(thing, parts=thing.parts[1:]) for thing in things]
    holds_export = any(thing.parts[0] == _METADATA or _is_of_export(thing) for thing in inner)
    holds_students = archive and all(len(thing.parts) > 1 for thing in inner)
    if _is_of_export(things[0]) or not (holds_export or holds_students):
        return things
    return inner


def _is_of_export(thing: Thing) -> bool:
    return bool(read_path(thing.parts, {}, (), deep=False).lms)


def _defines(text: bytes, asked: Sequence[str]) -> bool:
    return all(
        re.search(rb"\b(?:class|def)\s+" + re.escape(name.encode()) + rb"\b", text)
        for name in asked
    )


def _submission(thing: Thing, named: Named, exercise: str) -> Submission:
    return Submission(
        student=named.student,
        exercise=exercise,
        file=thing.path,
        read=thing.read,
        late=named.late,
        lms=named.lms,
        number=named.number,
        email=named.email,
        age=(named.sent, named.version, thing.time, thing.path),
    )


def _told_apart(found: list[Submission]) -> list[Submission]:
    """Give students who share a name, but not the number that their system knows them by, a name of their own."""
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in found:
        if who := _who(one):
            numbers[_name(one)].add(who)
    return [
        replace(one, student=f"{one.student} ({_who(one)})")
        if len(numbers[_name(one)]) > 1 and _who(one)
        else one
        for one in found
    ]


def _name(one: Submission) -> tuple[str, str]:
    # Moodle gives a student another number in each assignment.
    return one.student, one.exercise if one.lms == "moodle" else ""


def _who(one: Submission) -> str:
    # Gradescope numbers submissions, not people: there the address tells two of one name apart.
    return one.email or one.student if one.lms == "gradescope" else one.number


def _newest(found: list[Submission]) -> tuple[list[Submission], list[Left]]:
    groups: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for one in found:
        groups[one.student, one.exercise].append(one)
    kept, left = [], []
    for group in groups.values():
        *older, newest = sorted(group, key=lambda one: one.age)
        kept.append(newest)
        left += [Left(one.file, f"older than {newest.file}") for one in older]
    return kept, left
