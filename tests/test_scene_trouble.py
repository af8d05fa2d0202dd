"""What goes wrong in an answer is seen with its line: errors, sleeps, what is never awaited, what is left running."""

from __future__ import annotations

import time

import pytest

from lesson_kit.scene import Reply, ToolCall

from .grading import see
from .scenes import PLAIN, TEXT, TOOL, WORDS, line_of, scene


def test_a_model_s_error_is_the_scene_s_own_and_no_fault_of_the_answer() -> None:
    seen = see(PLAIN, scene("One?", replies=(Reply(WORDS, error="stream", error_at=4),)))
    assert seen.errors()[0].code == "stream.error"
    assert seen.troubles[0].ours
    assert seen.trouble() is None
    assert "broke off" not in seen.untidy()


def test_an_error_in_a_tool_is_seen_with_its_line_though_only_the_model_is_told() -> None:
    broken = PLAIN + TOOL.replace(
        "    await asyncio.sleep(1)", '    """Explain a word."""\n    raise KeyError(word)'
    )
    replies = (Reply((), calls=[ToolCall("look_up", {"word": "tea"})]), Reply(WORDS))
    seen = see(broken, scene("One?", uses="Helpful", replies=replies))
    assert "An error occurred" in seen.asked_texts(1)[-1][1]
    [trouble] = seen.troubles
    assert (trouble.how, trouble.type) == ("tool", "KeyError")
    assert trouble.line == line_of(broken, "raise KeyError")


def test_an_error_that_chatkit_turns_into_an_event_keeps_the_answer_s_line() -> None:
    broken = PLAIN.replace("yield event  # each event", "yield event.no_such_thing")
    trouble = see(broken, scene("One?")).trouble()
    assert trouble
    assert (trouble.type, trouble.how) == ("AttributeError", "raised")
    assert trouble.line == line_of(broken, "no_such_thing")


def test_an_error_that_is_sent_on_purpose_is_seen_too() -> None:
    custom = PLAIN.replace(
        "yield event  # each event", 'raise CustomStreamError("busy", allow_retry=True); yield'
    )
    seen = see(custom, scene("One?"))
    assert [trouble.type for trouble in seen.troubles] == ["CustomStreamError"]
    assert seen.errors()[0].message == "busy"


def test_a_swallowed_error_is_seen() -> None:
    hidden = PLAIN.replace(
        "yield event  # each event",
        "\n                try:\n                    yield event.nothing\n                except Exception:\n                    pass",
    )
    trouble = see(hidden, scene("One?")).trouble("caught")
    assert trouble
    assert trouble.type == "AttributeError"
    assert trouble.line == line_of(hidden, "event.nothing")


def test_time_sleep_is_seen_with_its_line_and_costs_no_time() -> None:
    blocking = PLAIN.replace("yield event  # each event", "time.sleep(2); yield event")
    began = time.process_time()
    seen = see(blocking, scene("One?"))
    assert {slept.line for slept in seen.slept} == {line_of(blocking, "time.sleep")}
    assert seen.slept[0].seconds == 2.0
    assert time.process_time() - began < 20


def test_time_sleep_in_a_thread_harms_nobody() -> None:
    threaded = PLAIN.replace(
        "        ctx = Agent",
        "        await asyncio.to_thread(time.sleep, 0.01)\n        ctx = Agent",
    )
    seen = see(threaded, scene("One?"))
    assert seen.slept == []
    assert seen.text() == TEXT


def test_a_coroutine_that_nobody_awaits_is_named_with_its_line() -> None:
    forgotten = PLAIN.replace(
        "        ctx = Agent", "        asyncio.sleep(1)\n        ctx = Agent"
    )
    [warned] = see(forgotten, scene("One?")).warned
    assert "never awaited" in warned.message
    assert warned.line == line_of(forgotten, "  asyncio.sleep(1)")


def test_a_task_left_running_is_named_with_its_line() -> None:
    endless = (
        PLAIN.replace(
            "        ctx = Agent",
            "        self.task = asyncio.create_task(self.beat())\n        ctx = Agent",
        )
        + "\n    async def beat(self):\n        while True:\n            await asyncio.sleep(1)\n"
    )
    seen = see(endless, scene("One?"))
    [task] = seen.tasks_left
    assert task.name.endswith("beat")
    assert task.line == line_of(endless, "            await asyncio.sleep(1)")
    assert "beat" in seen.untidy()


@pytest.mark.parametrize(
    ("broken", "how", "kind"),
    [
        (PLAIN.replace("super().__init__(store)", "super().__init__(stor)"), "made", "NameError"),
        (PLAIN.replace("class Server(ChatKitServer)", "class Server(Nothing)"), "import", "NameError"),
        ("def Server(model, store): return 3", "made", "AttributeError"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_begin_says_where(broken: str, how: str, kind: str) -> None:
    trouble = see(broken, scene("One?")).trouble()
    assert trouble
    assert (trouble.how, trouble.type) == (how, kind)
