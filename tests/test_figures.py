"""First token, gaps, bursts, stalls, progress lines and outcome, measured on recordings made by hand."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit.recording import Burst, Failure, Outcome, Progress, Recording, Stall
from lesson_kit.recording.figures import bursts, gaps

from .wire import Event, added, delta, done, error, progress, removed, updated, user

Timed = tuple[float, Event]


def recorded(*moments: Timed, end: float | None = None, said: Outcome | None = None) -> Recording:
    recording = Recording(moments)
    if end is not None:
        recording.end(end, said)
    return recording


# --- first token ---


def test_the_first_token_is_the_first_delta_with_text() -> None:
    recording = recorded((0.5, added()), (0.9, delta("")), (1.2, delta("Hi")), (1.3, delta("!")))
    assert (recording.first_token, recording.last_token, recording.deltas) == (1.2, 1.3, 2)


def test_a_message_that_never_streamed_has_its_first_token_when_it_is_done() -> None:
    recording = recorded((0, user("q")), (3.1, done("All at once")))
    assert (recording.first_token, recording.deltas, recording.gaps) == (3.1, 0, [])


def test_a_message_without_text_has_no_first_token() -> None:
    assert recorded((0, user("q")), (1, added()), (2, done(""))).first_token is None


def test_text_that_comes_with_a_part_counts_too() -> None:
    part = {"type": "output_text", "text": "Hi", "annotations": []}
    kind = "assistant_message.content_part.added"
    assert (
        recorded((1, added()), (2, updated(kind, content_index=0, content=part))).first_token == 2
    )


# --- gaps, bursts ---


def test_gaps_are_exact_to_the_nanosecond() -> None:
    recording = recorded((0.1, delta("a")), (0.3, delta("b")), (0.7, delta("c")))
    assert recording.gaps == [0.2, 0.4]  # 0.7 - 0.3 is 0.39999999999999997 as floats


def test_three_deltas_at_once_are_a_burst_and_two_are_not() -> None:
    assert bursts([1.0, 1.0, 2.0, 2.0, 2.0, 3.0]) == [Burst(2.0, 2.0, 3)]


def test_a_burst_goes_on_as_long_as_each_delta_follows_within_the_window() -> None:
    recording = recorded(*((1 + n / 1000, delta("x")) for n in range(5)), (2, delta("y")))
    assert recording.bursts == [Burst(1.0, 1.004, 5)]
    assert recording.bursts_within(0.0009) == []


@given(st.lists(st.floats(0, 10), max_size=30).map(sorted), st.floats(0, 1))
def test_bursts_never_overlap_and_count_every_delta_once(times: list[float], window: float) -> None:
    found = bursts(times, window)
    assert sum(burst.deltas for burst in found) <= len(times)
    assert all(a.end < b.start for a, b in pairwise(found))
    assert all(times.count(burst.start) >= 1 and burst.deltas >= 3 for burst in found)
    assert len(gaps(times)) == max(0, len(times) - 1)


# --- stalls ---


def test_a_gap_of_the_limit_is_a_stall() -> None:
    recording = recorded(
        (1, delta("a")), (3, delta("b")), (4.9, delta("c")), (5, done("abc")), end=5
    )
    assert recording.stalls() == [Stall(1, 3, "")]
    assert recording.stalls(1.5) == [Stall(1, 3, ""), Stall(3, 4.9, "")]
    assert recording.stalls()[0].seconds == 2


def test_the_wait_for_the_first_token_is_no_stall() -> None:
    assert recorded((0, user("q")), (9, delta("a")), (9, done("a")), end=9).stalls() == []


def test_silence_after_a_finished_message_is_no_stall() -> None:
    assert recorded((1, delta("a")), (1.1, done("a")), end=9).stalls() == []


def test_silence_up_to_the_end_of_an_unfinished_message_is_a_stall() -> None:
    moments = ((1, added()), (1, delta("a")))
    assert recorded(*moments, end=9).stalls() == [Stall(1, 9, "")]
    assert recorded(*moments, (4, error("Too slow"))).stalls() == [Stall(1, 4, "")]
    assert recorded(*moments, (4, progress("Still at it"))).stalls() == [Stall(1, 4, "")]


def test_an_answer_that_never_began_stalled_from_the_start() -> None:
    assert recorded((0, user("q")), end=60, said="cut").stalls() == [Stall(0, 60, "")]


def test_a_second_message_that_never_speaks_is_a_stall() -> None:
    moments = ((1, delta("a")), (1.1, done("a")), (2, added("b")))
    assert recorded(*moments, end=9).stalls() == [Stall(1, 9, "")]


def test_a_stall_names_the_progress_line_that_stood_meanwhile() -> None:
    recording = recorded(
        (0, progress("Thinking...")), (1, delta("a")), (1.2, progress("Searching...")),
        (6, delta("b")), (9, delta("c")), (9, done("abc")), end=9,
    )  # fmt: skip
    assert recording.stalls() == [Stall(1, 6, "Searching..."), Stall(6, 9, "")]


# --- progress ---


def test_the_message_replaces_the_progress_line() -> None:
    """Ledger B25, recipe iii: no clear event is needed."""
    recording = recorded((0, progress("Thinking...", "clock")), (0.68, added()), (1, delta("a")))
    assert recording.progress == [Progress(0, 0.68, "clock", "Thinking...")]


@pytest.mark.parametrize("event", [delta("a"), done("a"), updated("x") | delta("b")])
def test_text_without_added_replaces_the_progress_line_too(event: Event) -> None:
    assert recorded((0, progress("T")), (2, event)).progress == [Progress(0, 2, None, "T")]


def test_each_progress_line_stands_until_the_next() -> None:
    recording = recorded((0, progress("One")), (1, progress("Two")), (1.5, user("q")), end=4)
    assert recording.progress == [Progress(0, 1, None, "One"), Progress(1, 4, None, "Two")]


def test_an_empty_progress_text_clears_the_line() -> None:
    """Ledger B26: an idiom of servers in the wild."""
    recording = recorded((0, progress("Thinking...")), (0.001, progress("")), (1, delta("a")))
    assert recording.progress == [Progress(0, 0.001, None, "Thinking...")]


def test_a_line_that_still_stands_ends_where_the_open_recording_does() -> None:
    assert recorded((0, progress("T")), (3, user("q"))).progress == [Progress(0, 3, None, "T")]


def test_errors_are_kept_with_their_retry() -> None:
    recording = recorded((1, error("Busy")), (2, error(retry=False)))
    assert recording.errors == [
        Failure(1, "custom", "Busy", True),
        Failure(2, "stream.error", "", False),
    ]


# --- outcome ---

ASKED: Timed = (0.0, user("q"))
OPENED: Timed = (1.0, added())
SPOKE: Timed = (1.1, delta("a"))
FINISHED: Timed = (1.2, done("a"))
FAILED: Timed = (1.3, error("Busy"))
TOOL: dict[str, Any] = {"id": "c", "type": "client_tool_call", "name": "f", "arguments": {}}
ANSWERED_QUESTION: Event = {
    "type": "thread.item.replaced",
    "item": {"id": "s", "type": "structured_input"},
}
WORKED: Timed = (1.0, {"type": "thread.item.done", "item": {"id": "w", "type": "workflow"}})

CASES: dict[str, tuple[list[Timed], float | None, Outcome | None, Outcome]] = {
    "not ended": ([ASKED, FINISHED], None, None, "open"),
    "a finished answer": ([ASKED, OPENED, SPOKE, FINISHED], 1.2, None, "done"),
    "never streamed": ([ASKED, FINISHED], 1.2, None, "done"),
    "a silence after the answer": ([ASKED, FINISHED], 9, None, "done"),
    "a client tool call": ([ASKED, (1, {"type": "thread.item.done", "item": TOOL})], 1, None, "done"),
    "stopped": ([ASKED, OPENED, SPOKE], 9, "stopped", "stopped"),
    "an error": ([ASKED, SPOKE, FAILED], 1.3, None, "error"),
    "a false error after a good answer": ([ASKED, FINISHED, FAILED], 1.3, None, "error"),
    "an answer after an error": ([ASKED, (1.0, error()), FINISHED], 1.2, None, "done"),
    "an error, then cut": ([ASKED, SPOKE, FAILED], 9, "cut", "error"),
    "cut in the middle": ([ASKED, OPENED, SPOKE], 1.2, "cut", "cut"),
    "cut after the answer": ([ASKED, OPENED, FINISHED], 9, "cut", "cut"),
    "cut after a silence": ([ASKED, OPENED, SPOKE], 3.1, "cut", "stalled"),
    "cut just before it is a silence": ([ASKED, OPENED, SPOKE], 3.099999999, "cut", "cut"),
    "ended in the middle": ([ASKED, OPENED, SPOKE], 1.2, None, "cut"),
    "ended in the middle after a silence": ([ASKED, OPENED, SPOKE], 9, None, "stalled"),
    "silence behind progress lines": ([ASKED, (8.9, progress("Still..."))], 9, None, "stalled"),
    "no answer at all (ledger B29)": ([ASKED], 0.1, None, "cut"),
    "thoughts only": ([ASKED, WORKED], 1.1, None, "cut"),
    "a user's input is no answer": ([(0, ANSWERED_QUESTION)], 0.1, None, "cut"),
    "a second message left open": ([ASKED, FINISHED, (2, added("b"))], 2, None, "cut"),
    "all taken back by a guardrail": ([ASKED, SPOKE, FINISHED, (1.5, removed())], 1.5, None, "cut"),
    "replaced while it streamed": (
        [ASKED, SPOKE, (2, {"type": "thread.item.replaced", "item": done("b")["item"]})], 2, None, "done",
    ),
    "nothing recorded": ([], 0, None, "cut"),
    "said done": ([ASKED], 0, "done", "done"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_outcome_follows_the_rules(name: str) -> None:
    moments, end, said, outcome = CASES[name]
    assert recorded(*moments, end=end, said=said).outcome == outcome
