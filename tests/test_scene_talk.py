"""Scenes with a server: what is asked, made, saved, left behind, as plain facts of the answer's process."""

from __future__ import annotations

import random
import time

import pytest

from lesson_kit.scene import Ask, Reply, Scene, Seen, ToolCall, question, words

from .grading import see
from .scenes import PLAIN, TEXT, TOOL, WORDS, scene


def test_a_scene_goes_to_another_process_and_comes_back_the_same() -> None:
    reply = Reply(
        WORDS, gap=[0.1] * 19, error="rate_limit", error_at=3, calls=[ToolCall("look_up")]
    )
    before = scene("Hi", Ask(None, after=1.0), replies=(reply,), options={"limit": 3})
    assert Scene.model_validate_json(before.model_dump_json()) == before


def test_a_scene_is_one_thing() -> None:
    with pytest.raises(ValueError, match="not both"):
        Scene.model_validate({"asks": ["Hi"], "call": {}})
    with pytest.raises(ValueError, match="needs a question before it"):
        scene(Ask(None))


def test_random_texts_are_random_and_repeatable() -> None:
    assert words(random.Random(7), 5) == words(random.Random(7), 5)
    assert words(random.Random(7), 5) != words(random.Random(8), 5)
    assert question(random.Random(7)).endswith("?")


def test_a_plain_answer_is_seen_from_every_side() -> None:
    seen = see(PLAIN, scene("Hi"))
    assert seen.text() == seen.said() == seen.said(7) == TEXT
    assert seen.finished() == seen.saved_answers() == [TEXT]
    assert seen.saved_kinds() == ["user_message", "assistant_message"]
    assert seen.asked_texts() == [("user", "Hi")]
    assert seen.delays() == [0.0] * 20
    assert seen.recording().outcome == "done"
    assert seen.untidy() == ""
    assert (seen.troubles, seen.slept, seen.broken_off, seen.missing) == ([], [], False, False)


def test_later_questions_show_the_history_that_the_model_was_asked() -> None:
    seen = see(PLAIN, scene("One?", "Two?", "Three?"))
    assert seen.asked_texts(2) == [
        ("user", "One?"), ("assistant", TEXT), ("user", "Two?"), ("assistant", TEXT), ("user", "Three?"),
    ]  # fmt: skip
    assert [client.sent for client in seen.clients] == sorted(
        client.sent for client in seen.clients
    )


def test_a_client_tool_s_output_calls_respond_without_a_message() -> None:
    seen = see(PLAIN, scene("One?", Ask(None)))
    assert [kind for kind, _ in seen.asked_texts(1)][-2:] == [
        "function_call",
        "function_call_output",
    ]
    assert seen.finished(1) == [TEXT]


def test_threads_are_kept_apart() -> None:
    seen = see(PLAIN, scene("One?", Ask("Two?", thread=1)))
    assert seen.asked_texts(1) == [("user", "Two?")]
    assert seen.saved_kinds(1) == ["user_message", "assistant_message"]


def test_the_models_call_for_a_question_is_found_by_the_question_in_whatever_order_they_come() -> (
    None
):
    wait = 'await asyncio.sleep(1 if input_user_message.content[0].text == "One?" else 0)'
    slow = PLAIN.replace("        ctx = ", f"        {wait}\n        ctx = ")
    seen = see(slow, scene("One?", Ask("Two?", after=0.02, thread=1)))
    assert [seen.asked_texts(call)[-1] for call in (0, 1)] == [("user", "Two?"), ("user", "One?")]
    assert [seen.call_of(k) for k in (0, 1)] == [1, 0]


def test_a_client_that_leaves_is_seen_to_leave_and_the_model_to_stop() -> None:
    seen = see(PLAIN, scene(Ask("One?", leave_after=5), "Two?"))
    assert seen.recording().deltas == 5
    assert seen.made_in(0) == seen.made[:5]
    assert seen.saved_answers() == ["".join(WORDS[:5]), TEXT]
    assert seen.asked_texts(1)[1] == ("assistant", "".join(WORDS[:5]))


def test_a_model_that_is_not_stopped_and_a_partial_that_is_lost_are_seen() -> None:
    careless = PLAIN.replace("result.cancel()", "pass").replace(
        "anyio.CancelScope(shield=True)", "anyio.CancelScope()"
    )
    seen = see(careless, scene(Ask("One?", leave_after=5)))
    assert seen.saved_answers() == []
    assert len(seen.made_after(seen.left_at())) == 15
    assert seen.untidy()


def test_a_client_can_leave_at_a_time_before_any_text() -> None:
    seen = see(PLAIN, scene(Ask("One?", leave_at=0.5)))
    assert seen.left_at() == 0.5
    assert seen.recording().outcome == "stopped"
    assert seen.text() == ""


def test_a_second_message_comes_while_the_first_streams() -> None:
    seen = see(PLAIN, scene("One?", Ask("Two?", after=1.5)))
    assert seen.clients[1].sent == 1.5
    assert seen.clients[0].ended is not None
    assert seen.clients[0].ended > 1.5
    assert [text for _, text in seen.asked_texts(1)] == ["One?", "Two?"]


def test_a_slow_reader_gets_everything_later() -> None:
    seen = see(PLAIN, scene(Ask("One?", read_delay=0.2)))
    assert seen.text() == TEXT
    assert max(seen.delays()) > 1


def test_a_stall_for_ever_is_broken_off_at_the_limit() -> None:
    seen = see(PLAIN, scene("One?", replies=(Reply(WORDS, stall_at=4),), limit=30.0))
    assert seen.broken_off
    assert seen.recording().deltas == 4


def test_a_tool_of_the_answer_is_called_and_its_progress_seen() -> None:
    replies = (Reply((), calls=[ToolCall("look_up", {"word": "tea"})]), Reply(WORDS))
    seen = see(PLAIN + TOOL, scene("One?", uses="Helpful", replies=replies))
    assert [line.text for line in seen.progress()] == ["Looking up tea"]
    assert seen.asked[0].tools == ["look_up"]
    assert seen.asked_texts(1)[-1] == ("function_call_output", "tea is a word")


def test_options_reach_the_constructor() -> None:
    shown = PLAIN.replace(
        "        ctx = Agent", "        print(self.options['first'])\n        ctx = Agent"
    )
    assert see(shown, scene("One?", options={"first": 0.5})).printed == "0.5\n"


def test_the_answer_s_own_clocks_run_on_the_loop_s_time() -> None:
    timed = PLAIN.replace(
        "        ctx = Agent",
        "        t = time.monotonic(); await asyncio.sleep(3); print(time.monotonic() - t)\n        ctx = Agent",
    )
    assert see(timed, scene("One?")).printed == "3.0\n"


def test_a_name_that_is_not_there_is_missing() -> None:
    assert see(PLAIN, scene("One?", uses="Other")).missing


def test_the_same_scene_gives_the_same_facts_twice() -> None:
    facts = [see(PLAIN, scene(Ask("One?", leave_after=3), "Two?")).model_dump_json() for _ in "ab"]
    assert facts[0] == facts[1]


def test_nothing_of_a_scene_stays_in_the_process() -> None:
    import sys

    sleep, hook = time.sleep, sys.get_coroutine_origin_tracking_depth()
    see(PLAIN + "\nimport time", scene("One?"))
    assert time.sleep is sleep
    assert sys.get_coroutine_origin_tracking_depth() == hook
    assert "answer" not in sys.modules


@pytest.mark.live
def test_the_same_scene_over_real_http() -> None:
    replies = (Reply(WORDS, thinking=0.05, gap=0.005),)
    seen = see(
        PLAIN, scene("One?", Ask("Two?", leave_after=5, pause=0.0), replies=replies, http=True)
    )
    assert seen.text() == TEXT
    assert seen.saved_answers()[0] == TEXT
    assert seen.recording(1).deltas >= 5
    assert len(seen.made_in(1)) < 20


def test_what_comes_back_is_bounded() -> None:
    with pytest.raises(ValueError, match=r"too_long|at most"):
        Seen.model_validate({"tasks_left": [{"name": "x"}] * 51})
    with pytest.raises(ValueError, match=r"no recording|expected"):
        Seen.model_validate({"clients": [{"sent": 0, "tape": "nonsense\n"}]})
