"""A reply is checked where it is written, so that a typing error never looks like a fault of the model."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit.script import Reply, ToolCall
from lesson_kit.script.words import split_words


@given(st.text())
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(split_words(text)) == text


def test_a_text_is_split_into_words_with_the_space_before() -> None:
    assert Reply(" Hello  big\nworld \n").deltas == (" Hello", "  big", "\nworld", " \n")


def test_a_list_of_texts_is_taken_as_it_is() -> None:
    reply = Reply(["Hello wor", "", "ld"])
    assert reply.deltas == ("Hello wor", "", "ld")
    assert reply.text == "Hello world"


def test_a_tool_call_keeps_broken_json_as_it_is() -> None:
    assert ToolCall("search", '{"q": ').arguments == '{"q": '
    assert ToolCall("search", {"q": "thé"}).arguments == '{"q":"thé"}'
    assert ToolCall("search").arguments == "{}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"thinking": -1}, "thinking= must be 0 or more seconds, but -1 came"),
        ({"gap": math.nan}, "gap= must be 0 or more seconds, but nan came"),
        ({"thinking": math.inf}, "For a model that never goes on, give stall_at= alone"),
        ({"gap": [0.1]}, "gap= has 1 numbers, but 3 deltas have 2 gaps.*Give 2 numbers"),
        ({"gap": [0.1, -0.1]}, "gap= must be 0 or more seconds, but -0.1 came"),
        ({"stall_at": 4}, r"stall_at=4 is no place in this reply, which has 3 deltas. .* to 3 \(after"),
        ({"end_at": -1}, "end_at=-1 is no place"),
        ({"error": "server", "error_at": 9}, "error_at=9 is no place"),
        ({"error": "server", "error_at": True}, "error_at=True is no place"),
        ({"stall_for": 3}, "stall_for= needs a place. Add stall_at=N"),
        ({"error_at": 2}, 'error_at= needs an error. Add error="rate_limit"'),
        ({"error": "sever"}, "Did you mean 'server'"),
        ({"error": "server", "end_at": 1}, "both end the reply. Keep one"),
        ({"retry_after": 2}, "header of the answer over HTTP .* Give it with error= and one of: rate_limit"),
        ({"error": "connection", "retry_after": 2}, "Give it with error= and one of: rate_limit, quota"),
        ({"error": "server", "retry_after": 2, "error_at": 1}, "and with error_at=0"),
        ({"error": "server", "retry_after": -2}, "retry_after= must be 0 or more seconds"),
        ({"refusal": True, "calls": [ToolCall("t")]}, "a refusal needs words and calls no tool"),
        ({"reasoning": "\ud83d"}, "reasoning= holds half of a surrogate pair"),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_was_expected(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Reply("a b c", **fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"thinking": "1"}, "thinking= takes a number of seconds, but '1' came"),
        ({"thinking": True}, "thinking= takes a number of seconds, but True came"),
        ({"gap": "0.1"}, "gap= takes a number of seconds, or a list of them, but '0.1' came"),
        ({"gap": None}, "gap= takes a number of seconds, or a list of them, but None came"),
        ({"burst": 0}, "burst= takes a whole number from 1 on, but 0 came"),
        ({"calls": ["search"]}, r"calls= takes a list of ToolCall, such as \[ToolCall"),
        ({"calls": ToolCall("search")}, r"calls= takes a list, but ToolCall\(name='search'"),
        ({"usage": (1, 2, 3)}, "usage= takes two counts of tokens"),
        ({"usage": (1, -2)}, "usage= takes two counts of tokens"),
        ({"refusal": "No."}, "refusal= takes True or False, but 'No.' came"),
        ({"item_id": ""}, 'item_id= takes a text such as "__fake_id__"'),
        ({"reasoning": [1]}, "reasoning= takes a text, or a list of texts"),
    ],
)
def test_a_wrong_type_says_what_was_expected(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Reply("a b c", **fields)


@pytest.mark.parametrize("deltas", [3, b"abc", [b"a"], None, ["a", None]])
def test_deltas_that_are_no_text_are_refused(deltas: Any) -> None:
    with pytest.raises(TypeError, match="deltas= takes a"):
        Reply(deltas)


def test_a_long_wrong_value_is_shortened_in_the_message() -> None:
    with pytest.raises(TypeError) as raised:
        Reply("a", refusal="x" * 10_000)  # type: ignore[arg-type]
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("",), "name= takes the name of a tool, but '' came"),
        (("search", ["q"]), "arguments= takes a dict, or JSON as a str"),
    ],
)
def test_a_wrong_tool_call_says_what_was_expected(arguments: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        ToolCall(*arguments)
