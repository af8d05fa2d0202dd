"""Cassettes and keys: nothing that looks like one is written, and no prompt that nobody asked for."""

from __future__ import annotations

import openai
import pytest
from agents import Agent, Runner
from agents.models.interface import Model

from lesson_kit.cassette import Cassette
from lesson_kit.cassette.redact import mask, mask_all, mask_pieces
from lesson_kit.clock import run
from lesson_kit.script import Script
from tests.taping import KEY, Foreign, session


def test_no_key_is_written_even_where_the_deltas_cut_it_in_two() -> None:
    cassette = Cassette()
    session(cassette.recording(Foreign(), keep_input=True), f"My key is {KEY}, Bearer {KEY[3:]}.")
    written = cassette.to_jsonl()
    assert "My key is" in written
    assert not any(part in written for part in (KEY[3:], "abcdefgh", "12345678"))
    said = "".join(Cassette.from_jsonl(written).takes[0].words("text"))
    assert said == "Take sk-" + "*" * 16 + " and go."


def test_the_prompt_is_not_stored_unless_asked_for() -> None:
    cassette = Cassette()
    session(cassette.recording(Script.say("Hello").model()), "Rosebud?")
    assert "Rosebud" not in cassette.to_jsonl()
    session(cassette.recording(Script.say("Hello").model(), keep_input=True), "Rosebud?")
    assert "Rosebud" in cassette.to_jsonl()


def test_the_words_of_an_error_are_masked_and_its_class_comes_back() -> None:
    async def ask(model: Model) -> None:
        await Runner.run(Agent(name="demo", model=model), "Hi")

    cassette = Cassette()
    with pytest.raises(openai.NotFoundError):
        run(ask(cassette.recording(Foreign())))
    written = cassette.to_jsonl()
    assert KEY not in written
    fault = Cassette.from_jsonl(written).takes[0].fault
    assert fault is not None
    again = fault()
    assert isinstance(again, openai.NotFoundError)
    assert str(again).startswith("no such model for sk-***")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer **************"),
        ("sk-proj-abcDEF_123456 ends", "sk-****************** ends"),
        ('{"api_key": "hunter2hunter2"}', '{"api_key": "**************"}'),
        ("http://me:hunter2@host/", "http://me:*******@host/"),
        (
            "Bearer authentication uses a token: asyncio.",
            "Bearer authentication uses a token: asyncio.",
        ),
        ("a risk-averse task-based word", "a risk-averse task-based word"),
    ],
)
def test_only_what_looks_like_a_key_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert "".join(mask_pieces(list(text))) == shown


def test_a_key_is_masked_anywhere_in_a_json_value() -> None:
    masked = mask_all({"a": [{"api_key": "hunter2hunter2", "n": 1}], "b": [KEY]})
    assert "hunter2" not in str(masked)
    assert KEY not in str(masked)
    assert masked["a"][0]["n"] == 1
