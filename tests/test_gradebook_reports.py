"""What a teacher gets: tables that other systems read, pages that nothing can run in."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from lesson_kit.gradebook import Left, Record, write_reports
from lesson_kit.gradebook.gradescope import results
from lesson_kit.gradebook.junit import junit
from lesson_kit.gradebook.likeness import alike, shape_of
from lesson_kit.gradebook.tables import canvas, defused, gradebook, moodle
from lesson_kit.gradebook.writing import file_names
from lesson_kit.grader import CheckResult, Status
from tests.grading import solution

EVIL = '=1+1"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e'


def check(name: str = "it streams", status: Status = "passed", **more: Any) -> CheckResult:
    told = {"expected": "", "seen": "", "next_step": "", "max_points": 4.0} | more
    return CheckResult(name=name, status=status, points=4 if status == "passed" else 0, **told)


def record(student: str, *checks: CheckResult, exercise: str = "ex03_line", **more: Any) -> Record:
    told = {"isolation": "rlimits", "seed": 5, "seconds": 0.25} | more
    return Record(student=student, exercise=exercise, checks=list(checks or (check(),)), **told)


EVIL_RECORD = record(
    EVIL, check(), check("b", "failed", seen=f"{EVIL}\x00", pitfall="no_yield"), source=EVIL, file=EVIL, message=EVIL
)  # fmt: skip


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "\t=1", "\uff1d1"])
def test_a_cell_never_becomes_a_formula(cell: str) -> None:
    assert defused(cell).startswith("'")
    assert "\t" not in defused(cell)


def test_a_joiner_stays_in_a_name_and_hides_no_formula() -> None:
    assert defused("علی\u200cرضا") == "علی\u200cرضا"
    assert defused("\u200c=1+1") == "'\u200c=1+1"


def test_the_gradebook_has_a_row_a_submission() -> None:
    [evil, ada] = rows(gradebook([EVIL_RECORD, record("Ada", late=True)]))
    assert evil["Student"].startswith("'=1+1")
    assert evil["First trouble"].startswith("b: =1+1")
    assert (ada["Score"], ada["Maximum"], ada["Status"], ada["Late"]) == ("4", "4", "passed", "late")  # fmt: skip
    assert ada["Isolation"] == "rlimits"


def test_canvas_gets_its_columns_and_its_second_row() -> None:
    ada = record("Ada", lms="canvas", number="123")
    text = canvas([ada, record("Bo", exercise="ex04_sick")], {"ex03_line": 4, "ex04_sick": 4.5})
    assert text.splitlines()[0] == "Student,ID,SIS User ID,SIS Login ID,Section,ex03_line,ex04_sick"
    possible, first, second = rows(text)
    assert (possible["Student"], possible["ex04_sick"]) == ("    Points Possible", "4.5")
    assert (first["ID"], first["ex03_line"], first["ex04_sick"]) == ("123", "4", "")
    assert (second["Student"], second["ex03_line"]) == ("Bo", "")


def test_moodle_gets_a_grading_worksheet() -> None:
    told = [record("Ada", check(), check("b", "failed", seen="None.", next_step="Yield."), lms="moodle", number="77")]  # fmt: skip
    [row] = rows(moodle(told))
    assert (row["Identifier"], row["Full name"], row["Grade"], row["Maximum Grade"]) == (
        "Participant 77",
        "Ada",
        "4.00",
        "8.00",
    )
    assert row["Feedback comments"] == "1 of 2 checks passed. b: None. Yield."


@pytest.mark.parametrize("withhold", [False, True])
def test_gradescope_gets_its_documented_shape(withhold: bool) -> None:
    told = results([EVIL_RECORD, record("Ada", exercise="ex04_sick")], withhold=withhold)
    assert list(told) == [
        "score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
    ]  # fmt: skip
    assert told["score"] == 8
    assert [test["status"] for test in told["tests"]] == ["passed", "failed", "passed"]
    assert {tuple(test) for test in told["tests"]} == {
        ("score", "max_score", "status", "name", "number", "output", "output_format", "tags", "visibility", "extra_data")
    }  # fmt: skip
    assert {test["output_format"] for test in told["tests"]} == {"text"}
    assert ("alert" in told["tests"][1]["output"]) is not withhold


def test_junit_is_xml_whatever_a_student_wrote() -> None:
    broken = record("Bo", check("a", "grader_error"), check("b", "not_reached"), exercise="ex04")
    root = ElementTree.fromstring(junit([EVIL_RECORD, broken]))
    assert root.attrib == {
        "name": "lesson-kit grade", "tests": "4", "failures": "1", "errors": "1", "time": "0.500",
    }  # fmt: skip
    evil, bo = root.findall("testsuite")
    assert [[child.tag for child in case] for case in evil.findall("testcase")] == [[], ["failure"]]
    assert [[child.tag for child in case] for case in bo.findall("testcase")] == [["error"], ["skipped"]]  # fmt: skip
    assert evil.find("properties/property[@name='isolation']").attrib["value"] == "rlimits"  # type: ignore[union-attr]


# --- pages ---


class Reader(HTMLParser):
    """Lists the elements of a page and their attributes; no entity may be left in a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def written(tmp_path: Path, *records: Record, **more: Any) -> Path:
    write_reports(tmp_path, records, [Left(EVIL, EVIL)], {"ex03_line": EVIL}, **more)
    return tmp_path


def test_nothing_that_a_student_wrote_becomes_html(tmp_path: Path) -> None:
    out = written(tmp_path, EVIL_RECORD, record("Ada"))
    pages = [out / "class.html", *(out / "feedback").glob("*.html")]
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        reader = Reader(text)
        assert not {"script", "img", "iframe", "link", "object"} & set(reader.tags)
        assert not [name for name in reader.attributes if name.startswith("on")]
        assert "default-src 'none'; style-src 'unsafe-inline'" in text
        assert "\u202e" not in text
    assert "<script>alert(1)</script>" in "".join(Reader(pages[0].read_text(encoding="utf-8")).texts)  # fmt: skip


def test_all_reports_are_there_and_class_html_links_to_the_students(tmp_path: Path) -> None:
    out = written(tmp_path, record("Ada"), record("Bo", exercise="ex04_sick"))
    assert sorted(path.name for path in out.iterdir()) == [
        "canvas.csv", "class.html", "feedback", "gradebook.csv", "gradescope", "junit.xml", "moodle-ex03.csv", "moodle-ex04.csv",
    ]  # fmt: skip
    links = re.findall(r'href="([^"]+)"', (out / "class.html").read_text(encoding="utf-8"))
    assert {"feedback/Ada.html", "feedback/Bo.html"} == set(links)
    assert all((out / link).is_file() for link in links)
    told = json.loads((out / "gradescope/Ada_ex03_line/results.json").read_text(encoding="utf-8"))
    assert told["score"] == 4


def test_class_html_counts_pitfalls_by_student_and_names_our_faults(tmp_path: Path) -> None:
    met = [check(name, "failed", pitfall="no_yield") for name in "ab"]
    text = (written(tmp_path, record("Ada", *met), record("Bo", *met), record("Cy"), record("Di", check("x", "grader_error"))) / "class.html").read_text("utf-8")  # fmt: skip
    assert "2 of 4 students" in text
    assert "Faults of ours: grade these again" in text


def test_withheld_details_stay_out_of_the_students_page(tmp_path: Path) -> None:
    told = record("Ada", check("b", "failed", expected="secret", seen="secret", next_step="secret"), source="secret")  # fmt: skip
    assert "secret" not in (written(tmp_path, told, withhold=True) / "feedback/Ada.html").read_text("utf-8")  # fmt: skip
    assert "secret" in (written(tmp_path, told) / "feedback/Ada.html").read_text("utf-8")


def test_pages_of_students_who_are_gone_do_not_stay(tmp_path: Path) -> None:
    written(tmp_path, record("Ada"), record("Bo"))
    written(tmp_path, record("Ada"))
    assert [path.name for path in (tmp_path / "feedback").iterdir()] == ["Ada.html"]
    assert [path.name for path in (tmp_path / "gradescope").iterdir()] == ["Ada_ex03_line"]


def test_pages_of_somebody_elses_stay(tmp_path: Path) -> None:
    own = tmp_path / "feedback" / "my notes.html"
    own.parent.mkdir()
    own.write_text("<title>My notes</title>")
    written(tmp_path, record("Ada"))
    assert own.exists()


def test_a_worksheet_of_a_single_exercise_does_not_stay_beside_those_of_several(tmp_path: Path) -> None:  # fmt: skip
    written(tmp_path, record("Ada"))
    assert (tmp_path / "moodle.csv").exists()
    written(tmp_path, record("Ada"), record("Bo", exercise="ex04_sick"))
    assert {path.name for path in tmp_path.glob("moodle*")} == {"moodle-ex03.csv", "moodle-ex04.csv"}  # fmt: skip


def test_on_a_full_disk_the_reports_that_are_there_stay_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, record("Ada"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path, record("Ada"), record("Bo"))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_every_name_becomes_a_file_name_of_its_own() -> None:
    names = [
        "Ada Lovelace",
        "ada lovelace",
        "../../etc/passwd",
        "con",
        "",
        "日本",
        "日本!",
        "a" * 300,
    ]
    made = file_names(names)
    assert len({name.casefold() for name in made.values()}) == len(names)
    assert made["Ada Lovelace"] == "Ada_Lovelace"
    assert not [name for name in made.values() if "/" in name or name.startswith(".") or len(name) > 80]  # fmt: skip


# --- likeness ---


def test_names_comments_and_texts_do_not_change_the_shape_of_an_answer() -> None:
    source = solution("ex03")
    renamed = source.replace("history", "asked").replace("Thinking...", "Wait").replace("ctx", "c")
    assert shape_of(source) == shape_of(f"# mine\n{renamed}")
    assert shape_of(source) != shape_of(source.replace("async for", "for"))
    assert shape_of("def (") == []


def test_only_what_few_have_written_makes_answers_alike() -> None:
    everybody = {f"student {k}": [1, 2, 3, 4, 10 + k] for k in range(30)}
    assert alike(everybody) == []
    copied = everybody | {"ada": [1, 2, 91, 92, 93, 94], "bo": [1, 3, 91, 92, 93, 94]}
    assert alike(copied) == [(("ada", "bo"), 4)]
