"""Reports in the documented shapes of the systems that read them, whatever the students are called."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.gradebook import Record, write_reports
from lesson_kit.gradebook.gradescope import results
from lesson_kit.gradebook.junit import junit
from lesson_kit.grader import CheckResult, Status
from tests.gradebook.shapes import Unfit, canvas_import, gradescope, junit10, moodle_import

EX03, EX04 = "ex03_thinking_indicator", "ex04_diagnose_stall"
TITLES = {EX03: "The thinking line", EX04: "Six servers"}
NAMES = (
    "Lovelace, Ada",
    'Dwayne "The Rock" Johnson',
    "O'Brien; Conan",
    "Zoë\r\nÅngström",
    "李小龍",
    "محمد الخوارزمي",
    "Дмитрий Менделеев",
    "ศิริ 🎓",
    "=cmd|' /C calc'!A0",
    "+1-555",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "x" * 300,
    "\x00\x1b[2J\ud800",
)
STATUSES: tuple[Status, ...] = (
    "passed", "failed", "not_reached", "syntax_error", "missing", "timeout", "blocked_loop", "crashed", "out_of_memory",
    "forbidden", "grader_error",
)  # fmt: skip


def record(student: str, number: int, exercise: str, status: Status, lms: str) -> Record:
    told = f"{student} & <b>{status}</b> ]]> \x00"
    odd = CheckResult(name="it streams", status=status, points=3.5 if status == "passed" else 0, max_points=3.5, expected=told, seen=told, next_step=told, line=3, pitfall="no_yield")  # fmt: skip
    fine = CheckResult(name="it ends", status="passed", points=1, max_points=1)
    return Record(
        student=student, exercise=exercise, checks=[odd, fine], seed=7, seconds=12.5, message=told, lms=lms, number=str(number),
        file=told, isolation="rlimits", late=number % 2 == 0, source=told,
    )  # fmt: skip


def class_of(lms: str) -> list[Record]:
    """A record of each name, for two exercises, with every status."""
    return [
        record(name, 100 + k, exercise, STATUSES[(k + shift) % len(STATUSES)], lms)
        for shift, exercise in enumerate((EX03, EX04))
        for k, name in enumerate(NAMES)
    ]


def written(tmp_path: Path, lms: str, **more: Any) -> tuple[Path, list[Record]]:
    records = class_of(lms)
    write_reports(tmp_path, records, [], TITLES, **more)
    return tmp_path, records


@pytest.mark.parametrize("withhold", [False, True])
def test_every_results_json_is_what_gradescope_documents(tmp_path: Path, withhold: bool) -> None:
    out, records = written(tmp_path, "", withhold=withhold)
    found = [json.loads(path.read_bytes()) for path in sorted(out.glob("gradescope/*/results.json"))]  # fmt: skip
    for told in found:
        gradescope(told)
        assert ("alert" in json.dumps(told) or "cmd|" in json.dumps(told)) <= (not withhold)
        assert "no_yield" not in json.dumps(told) or not withhold
    assert sum(told["score"] for told in found) == sum(one.score for one in records)
    assert len(found) == len(records)


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": "44"},
        {"visibility": "everybody"},
        {"output_format": "rtf"},
        {"stderr": ""},
        {"tests": [{"score": 1, "max_score": 1, "status": "crashed"}]},
        {"tests": [{"score": 2, "max_score": 1}]},
        {"tests": [{"score": 1, "max_score": 1, "tags": [None]}]},
        {"leaderboard": [{"value": 1}]},
    ],
    ids=str,
)
def test_the_reader_of_results_json_knows_what_is_wrong(wrong: dict[str, Any]) -> None:
    told = results([record("Ada", 1, EX03, "passed", "")])
    gradescope(told)
    with pytest.raises(Unfit):
        gradescope(told | wrong)


def test_the_junit_file_keeps_the_rules_of_junit_10(tmp_path: Path) -> None:
    out, records = written(tmp_path, "")
    root = junit10((out / "junit.xml").read_bytes())
    assert len(root.findall("testsuite")) == len(records)
    assert root.attrib["tests"] == str(2 * len(records))
    kinds = {child.tag for child in root.iter() if child.tag in ("failure", "error", "skipped")}
    assert kinds == {"failure", "error", "skipped"}


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b'<testsuites name="', b'<testsuites skipped="0" name="'),
        (b' errors="1"', b""),
        (b'time="12.500"', b'time="12.5 s"'),
        (b"<testcase ", b'<testcase line="3" '),
        (b"<error ", b"<problem "),
    ],
)
def test_the_reader_of_junit_knows_what_is_wrong(part: bytes, other: bytes) -> None:
    document = junit([record("Ada", 1, EX03, "grader_error", "")])
    junit10(document)
    assert part in document
    wrong = document.replace(part, other).replace(b"</error>", b"</problem>" if b"problem" in other else b"</error>")  # fmt: skip
    with pytest.raises((Unfit, KeyError)):
        junit10(wrong)


def test_canvas_finds_every_student_and_makes_none_of_its_own(tmp_path: Path) -> None:
    out, records = written(tmp_path, "canvas")
    users = {100 + k: f"whatever Canvas calls number {k}" for k in range(len(NAMES))}
    text = (out / "canvas.csv").read_bytes().decode()
    graded = {(int(one.number), one.exercise): f"{one.score:g}" for one in records if one.status != "grader_error"}  # fmt: skip
    assert canvas_import(text, users, {EX03, EX04}) == graded
    assert len(graded) < len(records)  # a fault of ours is no grade
    with pytest.raises(Unfit, match="a new student"):
        canvas_import(text, {1: "Ada"}, {EX03, EX04})
    with pytest.raises(Unfit, match="a new assignment"):
        canvas_import(text, users, {EX03})


def test_canvas_finds_by_name_those_whose_number_nobody_knows(tmp_path: Path) -> None:
    write_reports(tmp_path, [record("李小龍", 5, EX03, "passed", "")], [], TITLES)
    text = (tmp_path / "canvas.csv").read_bytes().decode()
    assert canvas_import(text, {9: "李小龍"}, {EX03}) == {(9, EX03): "4.5"}


@pytest.mark.parametrize("withhold", [False, True])
def test_moodle_takes_every_grade_and_shows_every_comment_as_text(
    tmp_path: Path, withhold: bool
) -> None:
    out, records = written(tmp_path, "moodle", withhold=withhold)
    for exercise in (EX03, EX04):
        text = (out / f"moodle-{exercise[:4]}.csv").read_bytes().decode()
        found = moodle_import(text, set(range(100, 200)), 4.5)
        own = {int(one.number): None if one.status == "grader_error" else one.score for one in records if one.exercise == exercise}  # fmt: skip
        assert {number: grade for number, (grade, _) in found.items()} == own
        comments = " ".join(comment for _, comment in found.values())
        assert "2 of 2 checks passed." in comments
        assert ("&lt;b&gt;failed&lt;/b&gt;" in comments) is not withhold


def test_no_cell_of_any_table_is_a_formula_or_breaks_its_row(tmp_path: Path) -> None:
    out, records = written(tmp_path, "moodle")
    for path in out.glob("*.csv"):
        table = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig")), strict=True))
        assert len({len(row) for row in table}) == 1
        cells = [cell for row in table for cell in row if cell != "-"]  # Moodle's own "never"
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
        assert not [cell for cell in cells if any(not char.isprintable() for char in cell)]
        text = path.read_bytes().decode("utf-8-sig")
        assert text.count("\r\n") == text.count("\n") == len(table)
        assert all(name in text for name in ("李小龍", "محمد الخوارزمي", "Дмитрий Менделеев"))
    assert len(records) == 2 * len(NAMES)


def test_a_spreadsheet_is_told_that_the_gradebook_is_utf_8(tmp_path: Path) -> None:
    out, _ = written(tmp_path, "")
    assert (out / "gradebook.csv").read_bytes().startswith(b"\xef\xbb\xbfStudent,")
    assert (out / "canvas.csv").read_bytes().startswith(b"Student,")
