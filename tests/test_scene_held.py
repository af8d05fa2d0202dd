"""An earlier conversation: a scene may begin with a thread that holds one."""

from __future__ import annotations

import pytest

from lesson_kit.scene import Ask, Reply, Scene, Seen
from tests.grading import see, solution

HELD = (("How are you?", " well"), ("And now?", " better"))


def played(*asks: Ask) -> Seen:
    replies = (Reply([" best"]),)
    scene = Scene(uses="StreamingServer", held=HELD, replies=replies, asks=asks)
    return see(solution("ex02"), scene)


def test_a_server_finds_the_conversation_that_was_there_before_it() -> None:
    seen = played(Ask("In the end?"))
    assert seen.asked_texts() == [
        ("user", "How are you?"), ("assistant", " well"), ("user", "And now?"), ("assistant", " better"),
        ("user", "In the end?"),
    ]  # fmt: skip
    assert seen.saved_answers() == [" well", " better", " best"]
    assert seen.text() == " best"


def test_a_client_tool_may_answer_in_it_and_other_threads_know_nothing_of_it() -> None:
    seen = played(Ask(None))
    assert [kind for kind, _ in seen.asked_texts()][-2:] == [
        "function_call",
        "function_call_output",
    ]
    assert played(Ask("Hello?", thread=1)).asked_texts() == [("user", "Hello?")]


def test_without_one_a_client_tool_has_nothing_to_answer() -> None:
    with pytest.raises(ValueError, match="needs a question before it"):
        Scene(asks=(Ask(None),))
