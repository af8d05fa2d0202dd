"""The card of a checked answer: what it says, what it never lets through, and the recording played under it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.desk import Card, Desk
from lesson_kit.desk.sheet import safe
from lesson_kit.desk.signs import SIGNS
from lesson_kit.grader.result import STATUSES
from lesson_kit.recording import Recording
from tests.course import NAME, RIGHT, an_exercise, judged, result_of
from tests.desking import WRONG, Reader, a_desk, check, words

STUB = 'def count(limit):\n    if False: yield  # keeps this function a generator\n    # TODO: yield each number below limit\n    raise NotImplementedError("yield each number below limit")\n'
EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202egnp"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)


def with_first(card: Card, **told: Any) -> Card:
    first, *rest = card.result.checks
    changed = [first.model_copy(update=told), *rest]
    return dataclasses.replace(card, result=card.result.model_copy(update={"checks": changed}))


class TestCard:
    def test_a_failed_answer_reads_what_to_do_next(self, desk: Desk) -> None:
        card = check(desk, WRONG)
        assert not card.passed
        told = str(card)
        assert told == (
            "ex01 Count to a limit\n"
            "✗ Not passed yet: 0 of 3 points.\n"
            "  ✗ failed         it counts (0 of 2 points)\n"
            "      Expected:  0, 1, 2\n"
            "      Seen:      It gave one too many.\n"
            "      Where:     line 2 of In [3]  yield from range(limit + 1)  # <b>&\n"
            "      Next step: Look at the limit.\n"
            "  ○ not reached    it ends (0 of 1 point)\n"
            'Stuck? `hint("ex01")` (3 left)'
        )

    def test_the_page_says_the_same_as_the_text(self, desk: Desk) -> None:
        card = check(desk, WRONG)
        page = words(card)
        for line in str(card).splitlines():
            for part in re.split(r"\s{2,}", line.strip()):
                assert re.sub(r":$", "", part).replace(" (", " ").split(" ")[0] in page
        assert "range(limit + 1) # <b>&" in page
        assert "<b>" not in card._repr_html_()

    def test_a_passed_answer_says_so_and_what_comes_next(self, desk: Desk) -> None:
        card = check(desk, RIGHT)
        assert card.passed
        assert str(card).splitlines()[1:] == [
            "✓ Passed: 3 of 3 points.",
            "  ✓ passed         it counts (2 of 2 points)",
            "  ✓ passed         it ends (1 of 1 point)",
            "Next: exercises/ex02_next.ipynb",
        ]

    def test_the_card_of_a_passed_answer_is_the_same_on_every_run(self, desk: Desk) -> None:
        first, second = check(desk, RIGHT), check(desk, RIGHT)
        other = second.result.model_copy(update={"seed": 7, "seconds": 1.5, "isolation": "else"})
        again = dataclasses.replace(second, result=other)
        assert (str(first), first._repr_html_()) == (str(again), again._repr_html_())

    @pytest.mark.parametrize("status", STATUSES)
    def test_every_status_has_a_sign_and_a_word(self, desk: Desk, status: Any) -> None:
        card = with_first(check(desk, WRONG), status=status)
        sign = SIGNS[status]
        assert f"{sign.mark} {sign.word}" in str(card)
        assert f"{sign.mark} {sign.word}" in words(card)

    def test_no_word_of_a_guest_becomes_markup_or_moves_the_cursor(self, desk: Desk) -> None:
        card = with_first(
            check(desk, f"x = 1\n{EVIL}"), seen=EVIL, expected=EVIL, next_step=EVIL, name=EVIL
        )
        card = dataclasses.replace(card, notes=(EVIL,))
        reader = Reader()
        reader.feed(card._repr_html_())
        assert not reader.seen & {"script", "img"}
        for text in (str(card), card._repr_html_()):
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "\\u001b[2J\\u202egnp" in str(card)

    def test_code_between_backticks_is_set_as_code(self, desk: Desk) -> None:
        card = with_first(check(desk, WRONG), seen="Line 2: `a < b`. One ` alone.")
        assert "<code>a &lt; b</code>. One ` alone." in card._repr_html_()
        assert "`a < b`" in str(card)

    def test_a_long_text_is_cut(self, desk: Desk) -> None:
        card = with_first(check(desk, WRONG), seen="x" * 1_000_000)
        assert len(str(card)) < 2000
        assert len(card._repr_html_()) < 20_000
        assert safe("x" * 601).endswith("…")

    def test_a_known_pitfall_is_named_with_its_reason(self, desk: Desk) -> None:
        card = with_first(check(desk, WRONG), pitfall="clear_too_soon")
        assert "Why:" in str(card)
        assert "The thinking line is cleared too soon. run_streamed starts" in words(card)
        assert "Why" not in str(with_first(card, pitfall="not_one_of_ours"))

    def test_what_concerns_the_whole_answer_is_said_once(self, desk: Desk) -> None:
        card = with_first(check(desk, WRONG), seen="It is empty. Line 1.")
        for message, times in (("It is empty.", 1), ("It is cut off.", 1), ("", 0)):
            result = card.result.model_copy(update={"message": message})
            told = dataclasses.replace(card, result=result)
            assert not message or str(told).count(message) == words(told).count(message) == times

    def test_only_the_first_failure_lies_open(self, desk: Desk) -> None:
        exercise = an_exercise()
        checks = [
            check.model_copy(update={"status": "failed", "seen": f"Nothing came in {check.name}."})
            for check in result_of(exercise, "failed").checks
        ]
        result = result_of(exercise, "failed").model_copy(update={"checks": checks})
        page = dataclasses.replace(check(desk, WRONG), result=result)._repr_html_()
        assert page.count("<details>") == 1
        assert page.index("Nothing came in it counts.") < page.index("<details>")

    def test_one_reason_for_many_checks_is_told_once(self, desk: Desk) -> None:
        exercise = an_exercise()
        checks = [
            check.model_copy(
                update={"status": "crashed", "seen": "It ended.", "expected": "An end."}
            )
            for check in result_of(exercise, "passed").checks
        ]
        result = result_of(exercise, "failed").model_copy(update={"checks": checks})
        card = dataclasses.replace(check(desk, WRONG), result=result)
        assert str(card).count("It ended.") == words(card).count("It ended.") == 1
        assert str(card).count("The same as above.") == words(card).count("The same as above.") == 1

    def test_a_fault_of_ours_is_no_try_of_the_student(self, desk: Desk) -> None:
        def broken(exercise: Any, answer: Any) -> Any:
            done = judged(exercise, answer)
            return dataclasses.replace(done, result=result_of(exercise, "grader_error"))

        desk.judge = broken
        assert "our fault, not yours" in str(check(desk, WRONG))
        assert desk.logbook.entry(NAME).tries == 0

    def test_the_untouched_stub_is_told_apart(self, desk: Desk) -> None:
        assert "still the empty answer" in str(check(desk, STUB))
        assert desk.logbook.entry(NAME).tries == 0


class TestReplay:
    def test_the_failing_runs_recording_is_played_under_the_card(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown: list[Any] = []
        monkeypatch.setattr("IPython.display.display", lambda it, raw=False: shown.append(it))
        recording = Recording()
        recording.add(0.5, {"type": "progress_update", "icon": "clock", "text": "Thinking..."})
        card = dataclasses.replace(check(desk, WRONG), recordings={"your answer": recording})
        card._ipython_display_()
        assert set(shown[0]) == {"text/plain", "text/html"}
        assert type(shown[1]).__name__ == "Player"
        assert shown[1].data["lanes"][0]["name"] == "your answer"

    def test_the_recordings_are_those_of_the_failed_checks_scene(self, desk: Desk) -> None:
        def recorded(*lengths: int) -> list[Recording]:
            found = []
            for length in lengths:
                found.append(Recording())
                for number in range(length):
                    found[-1].add(number, {"type": "notice", "message": "x"})
            return found

        class Seen:
            recordings = recorded(2, 0, 1)

        def play(exercise: Any, answer: Any) -> Any:
            return dataclasses.replace(judged(exercise, answer), seen={"small": Seen(), "other": 1})

        desk.judge = play
        assert list(check(desk, WRONG).recordings) == ["question 1", "question 2"]
        Seen.recordings = recorded(1)
        assert list(check(desk, WRONG).recordings) == ["your answer"]
        assert check(desk, RIGHT).recordings == check(desk, STUB).recordings == {}

    def test_a_recording_that_cannot_be_drawn_costs_no_card(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown: list[Any] = []
        monkeypatch.setattr("IPython.display.display", lambda it, raw=False: shown.append(it))
        bad: Mapping[str, Any] = {"your answer": "no recording"}
        dataclasses.replace(check(desk, WRONG), recordings=bad)._ipython_display_()
        assert "cannot be drawn" in repr(shown[1])
