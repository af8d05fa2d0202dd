"""A recording takes ChatKit's events as they come and gives back what the user saw."""

import sys
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from chatkit.types import (
    FileAttachment,
    ProgressUpdateEvent,
    ThoughtTask,
    ThreadItemUpdatedEvent,
    WorkflowTaskUpdated,
)

from lesson_kit.recording import Moment, Recording

from .wire import added, delta, done, progress, streamed, updated, user

WORDS = ["Stream", "ing", " helps"]


def test_a_model_and_its_dict_record_alike() -> None:
    model = ProgressUpdateEvent(icon=None, text="Thinking...")
    wire = {"type": "progress_update", "text": "Thinking..."}
    assert Recording([(1, model)]) == Recording([(1, wire)])
    assert Recording([(1, model)])[0] == Moment(1.0, wire)


def test_what_the_server_keeps_to_itself_is_not_recorded() -> None:
    """ChatKitServer._serialize leaves an attachment's metadata out."""
    file = FileAttachment(id="a", name="n", mime_type="text/plain", metadata={"path": "/secret"})
    recording = Recording([(0, file)])  # any model goes through the same door
    assert "metadata" not in recording[0].event


def test_a_thought_that_grows_later_stays_as_it_was_sent() -> None:
    """chatkit/agents.py sends one ThoughtTask object again and again, and grows it in place."""
    thought = ThoughtTask(content="H")
    event = ThreadItemUpdatedEvent(
        item_id="w", update=WorkflowTaskUpdated(task_index=0, task=thought)
    )
    recording = Recording([(0, event)])
    thought.content += "m"
    assert recording[0].event["update"]["task"]["content"] == "H"


def test_a_dict_that_changes_later_stays_as_it_was() -> None:
    event: dict[str, Any] = {"type": "client_effect", "data": {"n": 1}}
    recording = Recording([(0, event)])
    event["data"]["n"] = 2
    assert recording[0].event["data"]["n"] == 1


@pytest.mark.parametrize(
    "event", [None, "text", [("type", "x")], {"type": {1, 2}}, {"n": float("nan")}]
)
def test_what_is_no_event_is_refused(event: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        Recording().add(0, event)


@pytest.mark.parametrize("t", [-0.1, 0.9, float("nan"), float("inf")])
def test_a_time_that_is_none_or_runs_back_is_refused(t: float) -> None:
    recording = Recording([(1, user("q"))])
    with pytest.raises(ValueError, match="one clock"):
        recording.add(t, added())
    with pytest.raises(ValueError, match="one clock"):
        recording.end(t)
    assert (len(recording), recording.outcome) == (1, "open")


def test_nothing_is_recorded_after_the_end() -> None:
    recording = streamed(WORDS)
    with pytest.raises(ValueError, match=r"after the end at 1\.1 s"):
        recording.add(5, delta("late"))


def test_the_first_end_counts() -> None:
    recording = Recording([(0, user("q"))])
    recording.end(1, "stopped")
    recording.end(2, "cut")
    assert (recording.duration, recording.outcome) == (1, "stopped")


@pytest.mark.parametrize("outcome", ["open", "fine", 3])
def test_an_outcome_that_is_none_is_refused(outcome: Any) -> None:
    with pytest.raises(ValueError, match="done, stopped, error, stalled, cut"):
        Recording().end(0, outcome)


def test_the_transcript_is_what_the_user_saw() -> None:
    assert streamed(WORDS).transcript == [("user", "Why?"), ("assistant", "Streaming helps")]
    assert streamed(WORDS).text == "Streaming helps"
    assert [item["id"] for item in streamed(WORDS).items] == ["msg_u", "msg_1"]


def test_text_at_gives_the_text_as_it_stood() -> None:
    recording = streamed(WORDS)
    assert [recording.text_at(t) for t in (0, 1, 1.04, 1.05, 99, 0.5)] == [
        "", "Stream", "Stream", "Streaming", "Streaming helps", "",
    ]  # fmt: skip


def test_text_at_agrees_with_a_recording_that_was_cut_there() -> None:
    recording = streamed(WORDS)
    for t in (0.0, 1.0, 1.05, 1.1):
        cut = Recording(moment for moment in recording if moment.t <= t)
        assert recording.text_at(t) == cut.text


def test_it_reads_like_a_list_of_moments() -> None:
    recording = streamed(WORDS)
    assert len(recording) == 7
    assert [t for t, _ in recording] == sorted(t for t, _ in recording)
    assert recording[-1] == recording.moments[-1]
    recording.moments.clear()
    assert len(recording) == 7


def test_it_can_be_read_while_it_grows() -> None:
    recording = Recording([(0, progress("Thinking..."))])
    seen = []
    for n, word in enumerate(WORDS):
        recording.add(n + 1, delta(word))
        seen.append((recording.text, recording.deltas, recording.outcome, recording.duration))
    assert seen == [
        ("Stream", 1, "open", 1), ("Streaming", 2, "open", 2), ("Streaming helps", 3, "open", 3),
    ]  # fmt: skip


def test_an_empty_recording_has_nothing_to_tell() -> None:
    empty = Recording()
    assert (empty.duration, empty.first_token, empty.last_token, empty.gaps) == (0, None, None, [])
    assert (empty.transcript, empty.progress, empty.stalls(), empty.text_at(1)) == ([], [], [], "")
    assert empty.outcome == "open"


# --- the same script gives the same bytes ---


def test_normalised_recordings_differ_in_nothing_but_wall_clock_stamps() -> None:
    def turn(stamp: datetime, duration: int) -> Recording:
        recording = Recording()
        question = user("q")
        question["item"]["created_at"] = stamp.isoformat()
        workflow = {"type": "reasoning", "tasks": [], "summary": {"duration": duration}}
        item = {"id": "w", "type": "workflow", "created_at": str(stamp), "workflow": workflow}
        recording.add(0, question)
        recording.add(1, {"type": "thread.item.done", "item": item})
        thread = {"id": "t", "created_at": str(stamp), "items": {"data": [item]}}
        recording.add(2, {"type": "thread.created", "thread": thread})
        recording.end(3)
        return recording

    noon, later = turn(datetime(2026, 1, 1, 12), 0), turn(datetime(2026, 5, 5, 13), 1)
    assert noon.to_jsonl() != later.to_jsonl()
    assert noon.normalised().to_jsonl() == later.normalised().to_jsonl()
    assert noon.normalised().normalised() == noon.normalised()
    assert "2026" in noon.to_jsonl()  # the original keeps its stamps
    assert "2026" not in noon.normalised().to_jsonl()


def test_content_that_only_looks_like_a_stamp_is_kept() -> None:
    call = {"type": "client_tool_call", "id": "c", "arguments": {"created_at": "yesterday"}}
    recording = Recording([(0, {"type": "thread.item.done", "item": call})])
    assert "yesterday" in recording.normalised().to_jsonl()


# --- the summary ---


def test_the_summary_tells_the_turn_in_one_block() -> None:
    recording = Recording([(0, user("Why?")), (0, progress("Thinking...", "clock")), (1, added())])
    for n in range(3):
        recording.add(1, delta(f"{n} "))
    recording.add(4.5, delta("end"))
    recording.add(4.5, {"type": "error", "code": "custom", "message": "Busy", "allow_retry": True})
    recording.end(4.5)
    assert str(recording) == (
        "outcome      error after 4.5 s\n"
        "first token  1 s\n"
        "deltas       4 (9 characters)\n"
        "gaps         median 0 s, longest 3.5 s\n"
        "stalls       3.5 s from 1 s\n"
        "bursts       3 deltas at 1 s\n"
        'progress     0 s to 1 s "Thinking..." (clock)\n'
        "errors       Busy at 4.5 s, may retry\n"
        "transcript\n"
        "  user       Why?\n"
        "  assistant  0 1 2 end\n"
        "  error      Busy"
    )


def test_a_long_recording_has_a_short_summary() -> None:
    recording = Recording()
    for n in range(60):
        recording.add(n * 3, progress(f"Step {n} " * 30))
        recording.add(n * 3, done("long line\n" * 300, f"m{n}"))
    text = str(recording)
    assert len(text) < 8000
    assert "and 55 more" in text
    assert "(+2400 characters)" in text
    assert all(line == line.rstrip() for line in text.split("\n"))


def test_a_hostile_answer_does_not_act_on_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07 \u202egnp.exe \x00\x9b2J \ud800"
    recording = Recording(
        [(0, progress(hostile)), (1, delta(hostile)), (2, progress("x", hostile))]
    )
    recording.add(3, {"type": "error", "message": hostile})
    text = str(recording)
    assert text.replace("\n", "").isprintable()
    text.encode()  # no half of a surrogate pair is left


def test_repr_is_short_and_keeps_its_shape() -> None:
    assert repr(streamed(WORDS)) == "<Recording: 7 events, done>"
    assert repr(Recording()) == "<Recording: 0 events, open>"


# --- size ---


def calls(events: int) -> int:
    """How many functions are called to record, and read after every event, a stream of so many deltas."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        recording = Recording()
        for n in range(events):
            recording.add(n / 100, delta("token "))
            assert recording.first_token == 0
            assert recording.outcome == "open"
            assert recording.duration == n / 100
        for n in range(events):
            recording.text_at(n / 100)
        assert len(recording.gaps) == events - 1
        str(recording.normalised())
        Recording.from_jsonl(recording.to_jsonl())._repr_html_()
    finally:
        sys.setprofile(None)
    return count


def test_four_times_the_events_cost_four_times_the_work() -> None:
    # Work is counted in calls, so no machine is too slow and every run counts the same.
    assert calls(800) < 4.5 * calls(200)


def test_updates_of_unknown_kinds_are_kept_as_they_came() -> None:
    odd = {"type": "thread.branched", "branch": {"id": 7}}
    recording = Recording([(0, odd), (1, updated("assistant_message.sparkle", glitter=True))])
    assert [event for _, event in Recording.from_jsonl(recording.to_jsonl())] == [
        odd, updated("assistant_message.sparkle", glitter=True),
    ]  # fmt: skip
    assert all(a.t <= b.t for a, b in pairwise(recording))
