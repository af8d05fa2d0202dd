"""Submissions as teachers have them: folders, flat files, and what Canvas, Moodle and Gradescope export."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from lesson_kit.gradebook import NothingFound, collect
from lesson_kit.gradebook.naming import people_of

DEFINES = {"ex03_thinking_indicator": ["ThinkingServer"], "ex04_diagnose_stall": ["CAUSES"]}
EX03 = "ex03_thinking_indicator"


def zipped(path: Path, *names: str | zipfile.ZipInfo, data: bytes = b"x = 1") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def found(*paths: Path) -> list[tuple[str, str]]:
    return [(one.student, one.exercise[:4]) for one in collect(paths, DEFINES).submissions]


def left(*paths: Path) -> dict[str, str]:
    return {one.file: one.why for one in collect(paths, DEFINES).left}


def filled(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("names", "who"),
    [
        (["ada/ex03_thinking_indicator.ipynb", "alan/ex03.py"], ["ada", "alan"]),
        (["Ada Lovelace/deep/in/it/ex03 (2).ipynb"], ["Ada Lovelace"]),
        (["ada_ex03_thinking_indicator.ipynb", "alan-EX03.py"], ["ada", "alan"]),
        (["adaex03_thinking_indicator_2.ipynb"], ["ada"]),
        (["ex03_thinking_indicator_ada.ipynb"], ["ada"]),
        (["ex03_thinking_indicator-ada.ipynb"], ["ada"]),
        # Lower case is a letter longer than the capital here.
        (["İbrahim_ex03_thinking_indicator.ipynb"], ["İbrahim"]),
        # A wide space and a joiner, as Japanese and Persian names are written.
        (["علی\u200cرضا/ex03.py", "山田\u3000太郎/ex03.py"], ["علی\u200cرضا", "山田 太郎"]),
    ],
)
def test_folders_and_flat_files_name_their_student(
    tmp_path: Path, names: list[str], who: list[str]
) -> None:
    assert found(filled(tmp_path, *names)) == [(one, "ex03") for one in who]


def test_a_canvas_export_knows_students_late_work_and_versions(tmp_path: Path) -> None:
    export = zipped(
        tmp_path / "submissions.zip",
        "lovelaceada_LATE_123_456_ex03_thinking_indicator-2.ipynb",
        "lovelaceada_123_456_ex03_thinking_indicator.ipynb",
        "lovelaceada_123_456_ex03_thinking_indicator-10.ipynb",
        "turingalan_124_457_ex03_thinking_indicator.ipynb",
    )
    collected = collect([export], DEFINES)
    ada, alan = collected.submissions
    assert (ada.student, ada.number, ada.lms, ada.file[-8:-6]) == ("lovelaceada", "123", "canvas", "10")  # fmt: skip
    assert (ada.late, alan.student) == (False, "turingalan")
    assert [one.why[:5] for one in collected.left] == ["older", "older"]


@pytest.mark.parametrize("inside", ["", "a course-ex03-42/"])
def test_a_moodle_export_comes_in_folders_or_flat(tmp_path: Path, inside: str) -> None:
    export = zipped(
        tmp_path / "moodle.zip",
        f"{inside}Ada Lovelace_1234567_assignsubmission_file_/my ex03 work.ipynb",
        f"{inside}Alan Turing_1234568_assignsubmission_file_ex03.ipynb",
    )
    collected = collect([export], DEFINES)
    assert [(one.student, one.number) for one in collected.submissions] == [
        ("Ada Lovelace", "1234567"),
        ("Alan Turing", "1234568"),
    ]


METADATA = """---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '17'
    :email: ada@example.org
  :created_at: 2026-01-01 10:00:00 Z
submission_2:
  :submitters:
  - :name: "Alan Turing"
    :email: alan@example.org
submission_3:
  :submitters:
  - :email: nobody@example.org
"""


def test_a_gradescope_export_is_read_with_its_metadata(tmp_path: Path) -> None:
    export = tmp_path / "export.zip"
    with zipfile.ZipFile(export, "w") as archive:
        archive.writestr("assignment_9_export/submission_metadata.yml", METADATA)
        archive.writestr("assignment_9_export/submission_1/ex03_thinking_indicator.ipynb", "x")
        archive.writestr("assignment_9_export/submission_2/ex03_thinking_indicator.ipynb", "x")
    ada, alan = collect([export], DEFINES).submissions
    assert (ada.student, ada.email, ada.number) == ("Ada Lovelace", "ada@example.org", "submission_1")  # fmt: skip
    assert alan.student == "Alan Turing"
    assert people_of(METADATA)["submission_3"].name == "nobody@example.org"


def test_several_exports_may_lie_in_one_folder(tmp_path: Path) -> None:
    filled(tmp_path, "week 1/ada_1_11_ex03.py", "week 1/bo_2_12_ex03.py", "week 2/ada_1_13_ex04.py")
    assert found(tmp_path) == [("ada", "ex03"), ("bo", "ex03"), ("ada", "ex04")]


def test_the_newest_of_several_files_counts(tmp_path: Path) -> None:
    folder = filled(tmp_path, "ada/ex03_old.py", "ada/ex03_new.py")
    os.utime(folder / "ada/ex03_old.py", (1000, 1000))
    [one] = collect([folder], DEFINES).submissions
    assert one.file == "ada/ex03_new.py"
    assert left(folder) == {"ada/ex03_old.py": "older than ada/ex03_new.py"}


def test_a_renamed_file_is_known_by_its_text(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ['check("ex04")']}]
    filled(tmp_path, "ada/x.py", "alan/x.py", "grace/notes.py")
    (tmp_path / "ada/x.py").write_text("class ThinkingServer(Base): ...")
    (tmp_path / "alan/Homework.ipynb").write_text(json.dumps({"cells": cells}))
    assert found(tmp_path) == [("ada", "ex03"), ("alan", "ex04")]
    assert left(tmp_path)["grace/notes.py"] == "no exercise in its name (ex03...) nor in its text"


def test_what_is_no_submission_is_listed_and_costs_nothing(tmp_path: Path) -> None:
    filled(tmp_path, "ada/ex03.py", "ada/photo.png", "ada/all.zip", "ada/ex77.py", "ex03.py")
    filled(tmp_path, "__MACOSX/ex03.py", "ada/.ipynb_checkpoints/ex03-checkpoint.ipynb")
    assert found(tmp_path) == [("ada", "ex03")]
    assert left(tmp_path) == {
        "ada/all.zip": "neither a notebook nor a .py file: unpack it first",
        "ada/ex77.py": "there is no exercise ex77",
        "ada/photo.png": "neither a notebook nor a .py file",
        "ex03.py": "no student in its name or its folder",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_links_and_pipes_are_never_opened(tmp_path: Path) -> None:
    filled(tmp_path, "ada/ex03.py")
    (tmp_path / "alan").mkdir()
    (tmp_path / "alan/ex03.py").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "alan/ex04.py")
    assert found(tmp_path) == [("ada", "ex03")]
    assert left(tmp_path) == {
        "alan/ex03.py": "a link: it may lead to somebody else's file",
        "alan/ex04.py": "no ordinary file",
    }


def test_a_zip_cannot_lead_out_of_itself(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("ada/ex04.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    names = ["../../evil_ex03.py", "/etc/evil_ex03.py", "C:\\evil_ex03.py", "a\x07b_ex03.py", "n" * 300 + "_ex03.py"]  # fmt: skip
    archive = zipped(tmp_path / "s.zip", "ada/ex03.py", link, *names)
    assert found(archive) == [("ada", "ex03")]
    whys = list(left(archive).values())
    assert whys.count("its name leads out of the archive") == 3
    assert "its name is too long" in whys
    assert "its name holds characters that cannot be printed" in whys
    assert [path.name for path in tmp_path.iterdir()] == ["s.zip"]


def test_a_zip_bomb_is_refused_or_read_up_to_a_bound(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("ada/ex03.py", bytes(8_000_000))
        made.writestr("alan/ex03.py", "x")
    assert found(archive) == [("alan", "ex03")]
    # A bomb that lies about its size: the directory at the end says 10 bytes.
    data = archive.read_bytes().replace((8_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))  # fmt: skip
    archive.write_bytes(data)
    [ada, _] = collect([archive], DEFINES).submissions
    with pytest.raises(OSError, match="damaged in the archive"):
        ada.read()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_a_way_that_cannot_be_read_bounded_is_refused(
    tmp_path: Path, method: int
) -> None:
    # Python unpacks these without a bound: 400 bytes become half a gigabyte, whatever their size is said to be.
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("ada/ex03.py", bytes(1000), compress_type=method)
        made.writestr("alan/ex03.py", "x")
    assert found(archive) == [("alan", "ex03")]
    assert left(archive) == {"ada/ex03.py": "it is packed in an unusual way: unpack it first"}


def test_a_single_file_is_taken_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, "ada_ex03.py", "alan_ex03.py")
    monkeypatch.setattr(os, "walk", None)  # it may lie in somebody's home
    assert found(tmp_path / "ada_ex03.py") == [("ada", "ex03")]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_single_file_that_is_a_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "ada_ex03.py").symlink_to("/etc/passwd")
    with pytest.raises(NothingFound, match="a link: it may lead"):
        collect([tmp_path / "ada_ex03.py"], DEFINES)


def test_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, "ada/ex03.py", "alan/ex03.py")
    scandir = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("alan"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    assert found(tmp_path) == [("ada", "ex03")]
    assert left(tmp_path) == {"alan": "cannot be looked into: Permission denied"}


def test_reports_of_an_earlier_run_are_no_submissions(tmp_path: Path) -> None:
    filled(tmp_path, "ada/ex03.py", "grades/results.jsonl", "grades/run.json", "grades/a/b.html")
    assert found(tmp_path) == [("ada", "ex03")]
    assert left(tmp_path) == {"grades": "reports of an earlier run"}
    # With --out beside the submissions they still are found.
    filled(tmp_path, "results.jsonl", "run.json")
    assert found(tmp_path) == [("ada", "ex03")]


def test_a_renamed_file_that_is_damaged_is_told_so(tmp_path: Path) -> None:
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("ada/ex03.py", "x")
        made.writestr("alan/homework.py", "class ThinkingServer: pass")
    archive.write_bytes(archive.read_bytes().replace(b"class Thinking", b"class Thinkers"))
    assert "damaged in the archive" in left(archive)["alan/homework.py"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.zip", "there is no"), ("no.zip", "is neither"), ("empty", "found none")],
)
def test_a_path_that_is_none_is_told(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "no.zip").write_text("no zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFound, match=told):
        collect([tmp_path / name], DEFINES)
