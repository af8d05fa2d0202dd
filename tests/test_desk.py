"""The desk: hints, the solution, progress and reset, with a judge that runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lesson_kit.desk import Desk, Standing
from lesson_kit.logbook import Logbook
from lesson_kit.workshop import restart
from tests.course import NAME, RIGHT, SOLUTION
from tests.desking import WRONG, a_desk, check, words


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)


class TestHints:
    def test_each_call_shows_one_more_and_says_how_many_are_left(self, desk: Desk) -> None:
        told = [str(desk.hint(NAME)) for _ in range(4)]
        assert told[0] == (
            "ex01, hint 1 of 3\nLook at range.\n2 more: run hint again for the next one."
        )
        assert "Return range(limit).\nThis was the last." in told[2]
        assert "seen all 3 hints" in told[3]
        assert all(hint in told[3] for hint in desk.exercises[NAME].hints)
        assert desk.logbook.entry(NAME).hints == 3

    def test_hints_survive_the_kernel(self, desk: Desk) -> None:
        desk.hint(NAME)
        desk.logbook = Logbook(desk.logbook.file)
        assert "hint 2 of 3" in str(desk.hint(NAME))
        assert "(1 left)" in str(check(desk, WRONG))


class TestSolution:
    def test_it_stays_closed_until_three_different_answers_were_checked(self, desk: Desk) -> None:
        for number in (0, 1, 2):
            note = desk.solution(NAME)
            assert not note.done
            assert f"You have {number} so far" in str(note)
            for comment in ("", "  # the same answer, only commented"):
                check(desk, f"{WRONG}x = {number}{comment}")
        note = desk.solution(NAME)
        assert note.done
        assert note.code == "def count(limit):\n    yield from range(limit)\n"
        assert "###" in SOLUTION
        assert "solutions/ex01_count.ipynb" in str(note)
        assert desk.logbook.entry(NAME).solution_opened

    def test_it_opens_after_passing(self, desk: Desk) -> None:
        check(desk, RIGHT)
        assert desk.solution(NAME).done

    def test_a_course_without_its_solutions_says_so(self, desk: Desk) -> None:
        desk.shelf.solution(NAME).unlink()
        check(desk, RIGHT)
        note = desk.solution(NAME)
        assert not note.done
        assert "it is not there" in str(note)


class TestProgress:
    def test_it_shows_points_tries_hints_and_what_comes_next(self, desk: Desk) -> None:
        check(desk, WRONG)
        check(desk, RIGHT)
        desk.hint("ex02_next")
        page = desk.progress()
        assert str(page).splitlines() == [
            "1 of 2 exercises done, 3 of 6 points.",
            "  Exercise               State      Points  Tries  Hints",
            "  ex01 Count to a limit  ✓ done     3 of 3  2      0",
            "  ex02 Count to a limit  … started  0 of 3  0      1",
            "Next: ex02 Count to a limit. Open exercises/ex02_next.ipynb.",
        ]
        told = words(page)
        assert "✓ done" in told
        assert 'scope="col"' in page._repr_html_()
        assert page.as_json()["next"] == "ex02_next"
        assert page.as_json()["exercises"][0]["tries"] == 2

    def test_with_everything_done_or_nothing_there_it_says_so(self, desk: Desk) -> None:
        assert "no exercises here yet" in str(Standing(()))
        check(desk, RIGHT)
        del desk.exercises["ex02_next"]  # type: ignore[attr-defined]
        assert "All exercises are done." in str(desk.progress())

    def test_a_logbook_that_cannot_be_written_costs_one_line_and_no_card(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        desk.logbook = Logbook(tmp_path / "file" / "progress.sqlite")
        card = check(desk, RIGHT)
        assert card.passed
        assert "cannot be saved" in card.notes[-1]
        assert "1 of 2 exercises done" in str(desk.progress())
        assert "cannot be saved" in words(desk.progress())


class TestReset:
    def test_the_stub_comes_back_the_work_is_kept_and_so_are_the_points(self, desk: Desk) -> None:
        check(desk, RIGHT)
        restart(NAME, desk.exercises, desk.shelf)
        target = desk.shelf.exercise(NAME)
        new = target.read_text()
        target.write_text("my work")
        note = desk.reset(NAME)
        assert note.done
        assert "kept in exercises/ex01_count.backup-1.ipynb" in str(note)
        assert target.read_text() == new
        assert desk.progress().rows[0].entry.passed

    def test_what_cannot_be_reset_is_said(self, desk: Desk) -> None:
        note = desk.reset("ex02_next")
        assert not note.done
        assert "expected solutions/ex02_next.ipynb" in str(note)


def test_no_answer_yet_is_a_friendly_note(desk: Desk) -> None:
    note = desk.missing(NAME)
    assert "Expected a cell that defines count" in str(note)
    assert "run the cell with your answer" in words(note)
