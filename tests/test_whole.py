"""Files written whole: the old content or the new, never a part, and no draft left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lesson_kit.recording import write_whole


def test_a_file_gets_its_content_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    write_whole(path, "first")
    write_whole(str(path), "zweitens \u00fc\n")
    assert path.read_bytes() == b"zweitens \xc3\xbc\n"
    write_whole(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half \ud83d")
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_target_that_cannot_be_replaced_leaves_no_draft(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_whole(folder, "x")
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "one.txt", "x")
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file that is being read")
def test_a_reader_meanwhile_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    write_whole(path, "old")
    with path.open("rb") as reading:
        write_whole(path, "new")
        assert reading.read() == b"old"
