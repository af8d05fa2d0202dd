"""The question is what the user typed last, whatever else the model's input holds."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from chatkit.agents import ThreadItemConverter
from chatkit.types import (
    HiddenContextItem,
    InferenceOptions,
    ThreadItem,
    UserMessageItem,
    UserMessageTextContent,
)

from lesson_kit.script.question import count_words, last_question


def typed(text: str, quoted: str | None = None) -> UserMessageItem:
    return UserMessageItem(
        id="u",
        thread_id="t",
        created_at=datetime(2025, 1, 1),
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
        quoted_text=quoted,
    )


def test_a_plain_text_is_the_question() -> None:
    assert last_question("What is a delta?") == "What is a delta?"


def test_the_last_user_message_is_the_question() -> None:
    history = [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": [{"type": "input_text", "text": "Two?"}]},
        {"type": "function_call", "name": "search", "arguments": "{}", "call_id": "c"},
        {"type": "function_call_output", "call_id": "c", "output": "found"},
    ]
    assert last_question(history) == "Two?"


def test_what_chatkit_says_in_the_users_name_is_no_question() -> None:
    note = HiddenContextItem(
        id="h", thread_id="t", created_at=datetime(2025, 1, 1), content="The answer was stopped."
    )
    cases: list[list[ThreadItem]] = [
        [typed("Why?"), note],
        [note, typed("Why?", quoted="some old text")],
    ]
    for items in cases:
        model_input = asyncio.run(ThreadItemConverter().to_agent_input(items))
        assert [item["role"] for item in model_input] == ["user"] * len(model_input)  # type: ignore[typeddict-item]
        assert len(model_input) >= 2
        assert last_question(model_input) == "Why?"


@pytest.mark.parametrize(
    "strange",
    [None, 3, [], [None], ["Hi"], [{"role": "user"}], [{"role": "user", "content": [{"text": 3}]}],
     [UserMessageTextContent(text="hello")]],
)  # fmt: skip
def test_input_without_a_question_has_none(strange: Any) -> None:
    assert last_question(strange) == ""
    assert count_words(strange) in (0, 1)


def test_words_are_counted_in_instructions_messages_and_tool_answers() -> None:
    history = [
        {"role": "user", "content": "one two"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "three"}]},
        {"type": "function_call_output", "call_id": "c", "output": "four five"},
    ]
    assert count_words("Be brief.", history) == 7
    assert count_words(None, "Hi there") == 2
