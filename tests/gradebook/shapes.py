"""Readers of the reports, as strict as the systems that they are made for; what breaks their rules raises `Unfit`.

Sources: Gradescope "Autograder Specifications" (gradescope-autograders.readthedocs.io/en/latest/specs); Jenkins' junit-10.xsd
(jenkinsci/xunit-plugin); Canvas' lib/gradebook_importer.rb; Moodle's mod/assign/feedback/offline.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

__all__ = ["Unfit", "canvas_import", "gradescope", "junit10", "moodle_import"]


class Unfit(Exception):
    """A report that the system would refuse, or misread."""


def _must(holds: object, problem: str) -> None:
    if not holds:
        raise Unfit(problem)


# --- Gradescope ---

NUMBER, TEXT, ANY = (int, float), str, dict
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
TOP: dict[str, Any] = {
    "score": NUMBER, "execution_time": NUMBER, "output": TEXT, "output_format": FORMATS, "test_output_format": FORMATS,
    "test_name_format": FORMATS, "visibility": VISIBLE, "stdout_visibility": VISIBLE, "extra_data": ANY, "tests": list,
    "leaderboard": list,
}  # fmt: skip
TEST: dict[str, Any] = {
    "score": NUMBER, "max_score": NUMBER, "status": {"passed", "failed"}, "name": TEXT, "name_format": FORMATS, "number": TEXT,
    "output": TEXT, "output_format": FORMATS, "tags": list, "visibility": VISIBLE, "extra_data": ANY,
}  # fmt: skip


def gradescope(told: Any) -> None:
    """Check a results.json: known fields only, each of its kind, and a score that can be had."""
    _fields(told, TOP, "results.json")
    tests = told.get("tests", [])
    _must("score" in told or all("score" in test for test in tests), "no score anywhere")
    for test in tests:
        _fields(test, TEST, f"test {test.get('number')}")
        _must(all(isinstance(tag, str) for tag in test.get("tags", [])), "a tag is no text")
        _must(0 <= test["score"] <= test["max_score"], "a score beyond its bounds")
    for row in told.get("leaderboard", []):
        _must({"name", "value"} <= set(row) <= {"name", "value", "order"}, "leaderboard")


def _fields(value: Any, known: Mapping[str, Any], where: str) -> None:
    _must(isinstance(value, dict), f"{where} is no object")
    _must(set(value) <= set(known), f"{where} has unknown fields {set(value) - set(known)}")
    for name, found in value.items():
        kind = known[name]
        fits = found in kind if isinstance(kind, set) else isinstance(found, kind)
        _must(fits and not isinstance(found, bool), f"{where}: {name} is {found!r}")


# --- JUnit: element -> (attributes that must be there, that may be there, elements inside) ---

_RESULT = (set(), {"type", "message"}, set())
_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
ELEMENTS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        },
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": _RESULT,
    "error": _RESULT,
    "skipped": _RESULT,
}


def junit10(document: bytes) -> ElementTree.Element:
    """Check a document by the rules of junit-10.xsd, and that its counts are true."""
    root = ElementTree.fromstring(document)
    _must(root.tag == "testsuites", f"the root is {root.tag}")
    for element in root.iter():
        must, may, inside = ELEMENTS[element.tag]
        has = set(element.attrib)
        _must(must <= has <= must | may, f"{element.tag} has {has}")
        _must({child.tag for child in element} <= inside, f"{element.tag} holds {list(element)}")
        if element.tag in ("testsuite", "testsuites"):
            _must(_TIME.fullmatch(element.attrib.get("time", "")), f"time {element.attrib}")
            for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):  # fmt: skip
                if count in has:
                    _must(int(element.attrib[count]) == len(list(element.iter(tag))), f"{count} is wrong")  # fmt: skip
    return root


# --- Canvas ---


def canvas_import(text: str, users: Mapping[int, str], titles: set[str]) -> dict[tuple[int, str], str]:  # fmt: skip
    """Import grades as Canvas does. `users` are the course's, by number; gives the grades by user and assignment's title."""
    head, possible, *rows = csv.reader(io.StringIO(text))
    fixed = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    _must(head[:5] == fixed, f"the header begins with {head[:5]}")
    _must("Points Possible" in possible[0], "no points possible")
    columns = {place: _assignment(name, titles) for place, name in enumerate(head) if place >= 5}
    _must(all(float(possible[place]) > 0 for place in columns), "points possible are no numbers")
    found: dict[tuple[int, str], str] = {}
    for row in rows:
        _must(len(row) == len(head), f"a row of {len(row)} cells")
        _must("Points Possible" not in row[0], "a student taken for the second row")
        named = [number for number, name in users.items() if name == row[0]]
        user = int(row[1]) if row[1] else named[0] if named else None
        _must(user in users, f"Canvas would make a new student of {row[0]!r}")
        for place, title in columns.items():
            _must(re.fullmatch(r"[0-9.]*", row[place]), f"{row[place]!r} is no grade")
            if row[place]:  # an empty cell leaves what stands there
                assert user is not None
                found[user, title] = row[place]
    return found


def _assignment(name: str, titles: set[str]) -> str:
    title = re.sub(r"\s*\(\d+\)$", "", name)
    _must(title in titles, f"Canvas would make a new assignment of {name!r}")
    return title


# --- Moodle ---


def moodle_import(text: str, participants: set[int], most: float) -> dict[int, tuple[float | None, str]]:  # fmt: skip
    """Import a grading worksheet as Moodle does: gives grade and comment (HTML) by participant."""
    head, *rows = csv.reader(io.StringIO(text))
    needed = ("Identifier", "Grade", "Last modified (grade)", "Feedback comments")
    _must(set(needed) <= set(head), f"the header is {head}")
    found: dict[int, tuple[float | None, str]] = {}
    for row in rows:
        _must(len(row) == len(head), f"a row of {len(row)} cells")
        identifier, grade, _, comments = (row[head.index(name)] for name in needed)
        number = identifier.removeprefix("Participant ")
        if not number.isdigit() or int(number) not in participants:
            continue  # Moodle passes over whom it does not know
        _must(not grade or 0 <= float(grade) <= most, f"{grade} is out of range")
        _must(not re.search(r"<\w", comments), "a comment holds markup")
        found[int(number)] = (float(grade) if grade else None, comments)
    return found
