"""Whose submission a file is: namesakes, spellings, and who would hand in for another."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from lesson_kit.gradebook import collect
from tests.test_gradebook_collect import DEFINES, METADATA, filled, found, zipped


def test_two_students_of_one_name_stay_two(tmp_path: Path) -> None:
    export = zipped(tmp_path / "c.zip", "kim_1_11_ex03.py", "kim_2_12_ex03.py")
    assert found(export) == [("kim (1)", "ex03"), ("kim (2)", "ex03")]


def test_namesakes_are_told_apart_by_their_numbers_alone(tmp_path: Path) -> None:
    # Who comes without a number is the one who is known by one, or keeps the bare name.
    filled(tmp_path, "class/ada/ex04.py", "class/kim/ex04.py")
    export = zipped(tmp_path / "c.zip", "ada_7_11_ex03.py", "kim_1_11_ex03.py", "kim_2_12_ex03.py")
    assert found(export, tmp_path / "class") == [
        ("ada", "ex03"), ("kim (1)", "ex03"), ("kim (2)", "ex03"), ("ada", "ex04"), ("kim", "ex04"),
    ]  # fmt: skip


def test_one_name_in_two_spellings_of_its_accent_is_one_student(tmp_path: Path) -> None:
    # macOS gives file names with the accent as a character of its own.
    names = [unicodedata.normalize(form, "José") for form in ("NFC", "NFD")]
    filled(tmp_path, f"{names[0]}/ex03.py", f"{names[1]}/ex04.py")
    assert found(tmp_path) == [("José", "ex03"), ("José", "ex04")]


METADATA_OF_ADA = "submission_1:\n  :submitters:\n  - :name: ada\n"


@pytest.mark.parametrize(
    "name",
    [
        "ada_1_1_ex03.py",
        "ada_1_assignsubmission_file_/ex03.py",
        "ada_1_assignsubmission_file_ex03.py",
        "submission_1/ex03.py",
    ],
)
@pytest.mark.parametrize("top", ["", "class/"])
def test_in_a_folder_of_their_own_nobody_can_hand_in_for_another(
    tmp_path: Path, name: str, top: str
) -> None:
    filled(tmp_path, f"{top}ada/ex03.py", f"{top}mallory/{name}")
    (tmp_path / f"{top}mallory/submission_metadata.yml").write_text(METADATA_OF_ADA)
    submissions = collect([tmp_path / top], DEFINES).submissions
    assert [(one.student, one.file) for one in submissions] == [
        ("ada", "ada/ex03.py"),
        ("mallory", f"mallory/{name}"),
    ]


def test_metadata_inside_a_submission_of_gradescope_renames_nobody(tmp_path: Path) -> None:
    export = tmp_path / "export.zip"
    with zipfile.ZipFile(export, "w") as archive:
        archive.writestr("export/submission_2/submission_metadata.yml", METADATA_OF_ADA)
        archive.writestr("export/submission_1/ex03.py", "x")
        archive.writestr("export/submission_2/ex03.py", "x")
        archive.writestr("export/submission_metadata.yml", METADATA)
    assert found(export) == [("Ada Lovelace", "ex03"), ("Alan Turing", "ex03")]
