"""The logbook: what it counts, and what a bad disk, a bad file or a kill -9 does to it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lesson_kit.logbook import Deed, Entry, Logbook, course_folder, logbook_file


def attempt(score: float = 1.0, digest: str = "a", passed: bool = False) -> Deed:
    return Deed("attempt", score, 6.0, passed, digest)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".lesson_kit" / "progress.sqlite"


def test_a_new_logbook_is_empty_and_makes_no_file(file: Path) -> None:
    assert Logbook(file).entries() == {}
    assert Logbook(file).entry("ex01_x") == Entry()
    assert not Entry().started
    assert not file.parent.exists()


def test_it_sums_up_what_was_done(file: Path) -> None:
    book = Logbook(file)
    book.add("ex01_x", attempt(2.0, "a"))
    book.add("ex01_x", attempt(4.0, "b", passed=True))
    book.add("ex01_x", attempt(1.0, "b"))
    book.add("ex01_x", Deed("hint"))
    entry = book.add("ex01_x", Deed("solution"))
    assert entry == Entry(3, 2, 4.0, passed=True, hints=1, solution_opened=True)
    assert entry.started
    assert book.trouble() == ""


def test_the_same_answer_again_and_the_untouched_stub_are_no_tries(file: Path) -> None:
    book = Logbook(file)
    for digest in ("a", "a", "", "b", "a"):
        book.add("ex01_x", attempt(digest=digest))
    assert (book.entry("ex01_x").attempts, book.entry("ex01_x").tries) == (5, 2)


def test_another_process_finds_what_this_one_wrote(file: Path) -> None:
    Logbook(file).add("ex01_x", attempt(3.0))
    Logbook(file).add("ex02_y", Deed("hint"))
    assert {name: entry.best for name, entry in Logbook(file).entries().items()} == {
        "ex01_x": 3.0,
        "ex02_y": 0.0,
    }


def test_in_memory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    book = Logbook(None)
    assert book.add("ex01_x", Deed("hint")).hints == 1
    assert book.trouble() == ""
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_one_line_and_the_session_still_counts(
    tmp_path: Path,
) -> None:
    (tmp_path / ".lesson_kit").write_text("a file where the folder should be")
    book = Logbook(tmp_path / ".lesson_kit" / "progress.sqlite")
    assert book.add("ex01_x", Deed("hint")).hints == 1
    assert book.add("ex01_x", Deed("hint")).hints == 2
    trouble = book.trouble()
    assert "cannot be saved in .lesson_kit/progress.sqlite" in trouble
    assert "\n" not in trouble
    assert book.trouble() == trouble  # it lasts, so it is said again
    assert str(tmp_path) not in trouble


@pytest.mark.live
@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_one_line_and_what_was_saved_stays(file: Path) -> None:
    Logbook(file).add("ex01_x", attempt(3.0))
    code = (
        "import resource, signal, sys; from pathlib import Path; from lesson_kit.logbook import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"  # no byte fits on this disk
        "book = Logbook(Path(sys.argv[1]))\n"
        "print(book.add('ex01_x', Deed('hint')).hints, book.trouble())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("1 Your progress cannot be saved"), done.stdout
    assert Logbook(file).entry("ex01_x") == Entry(1, 1, 3.0)


def test_a_read_only_file_can_still_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Logbook(file).add("ex01_x", attempt(3.0))
    connect = sqlite3.connect
    monkeypatch.setattr(
        "lesson_kit.logbook.book.sqlite3.connect",
        lambda file, timeout: connect(f"file:{file}?mode=ro", uri=True, timeout=timeout),
    )
    book = Logbook(file)
    assert book.entry("ex01_x").best == 3.0
    assert book.trouble() == ""
    assert book.add("ex01_x", attempt(5.0, "b")).best == 5.0
    assert "readonly" in book.trouble()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough" * 9, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_file_is_kept_aside_and_a_new_one_started(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    book = Logbook(file)
    assert book.add("ex01_x", Deed("hint")).hints == 1
    assert "damaged. It is kept as progress.damaged-1.sqlite" in book.trouble()
    assert book.trouble() == ""  # said once
    assert file.with_name("progress.damaged-1.sqlite").read_bytes() == content
    assert Logbook(file).entry("ex01_x").hints == 1


def test_a_file_cut_in_the_middle_is_kept_aside_beside_the_last_one(file: Path) -> None:
    file.parent.mkdir()
    file.with_name("progress.damaged-1.sqlite").write_text("an older one")
    Logbook(file).add("ex01_x", attempt(digest="x" * 20_000))
    file.write_bytes(file.read_bytes()[:5000])
    book = Logbook(file)
    book.entries()
    assert "progress.damaged-2.sqlite" in book.trouble()
    assert book.entries() == {}


def test_a_database_of_somebody_else_is_not_written_into(file: Path) -> None:
    file.parent.mkdir()
    other = sqlite3.connect(file)
    with other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    Logbook(file).add("ex01_x", Deed("hint"))
    assert file.with_name("progress.damaged-1.sqlite").exists()


WRITER = """\
import sys
from pathlib import Path
from lesson_kit.logbook import Deed, Logbook
book = Logbook(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    book.add("ex01_x", Deed("attempt", digest=f"{sys.argv[3]}-{number}"))
    assert not book.trouble()
    print(number, flush=True)
"""


def writer(file: Path, rows: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), str(rows), name],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.live
def test_two_notebooks_at_once_lose_nothing(file: Path) -> None:
    both = [writer(file, 25, name) for name in "ab"]
    assert [process.communicate()[0].count("\n") for process in both] == [25, 25]
    assert Logbook(file).entry("ex01_x").tries == 50


@pytest.mark.live
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_in_the_middle_of_writing_loses_no_finished_row(file: Path) -> None:
    for name in "ab":
        process = writer(file, 100_000, name)
        assert process.stdout is not None
        for _ in range(20):
            last = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        last = (process.stdout.read().splitlines() or [last])[-1]
        process.wait()
        process.stdout.close()
        rows = sqlite3.connect(file)
        (found,) = rows.execute(
            "SELECT count(*) FROM deeds WHERE digest LIKE ?", (f"{name}-%",)
        ).fetchone()
        rows.close()
        assert found - 1 in (int(last), int(last) + 1)
        book = Logbook(file)
        book.add("ex01_x", Deed("hint"))
        assert book.trouble() == ""
    assert Logbook(file).entry("ex01_x").hints == 2


def test_it_lies_in_the_course_that_the_folder_belongs_to(tmp_path: Path) -> None:
    for name in ("notebooks", "exercises/checks"):
        (tmp_path / name).mkdir(parents=True)
    for start in (tmp_path, tmp_path / "notebooks", tmp_path / "exercises" / "checks"):
        assert course_folder(start) == tmp_path
    assert logbook_file(tmp_path / "notebooks") == tmp_path / ".lesson_kit" / "progress.sqlite"


def test_outside_of_any_course_it_is_the_one_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    assert (course_folder(tmp_path) / "lesson_kit").is_dir()
