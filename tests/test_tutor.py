"""The offline tutor answers what the course suggests, and is honest about everything else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_kit.script.words import split_words
from lesson_kit.tutor import QUESTIONS, _answer, tutor

from .driving import drive

HONEST = _answer("How tall is Mont Blanc?")


def topic(question: str) -> str | None:
    """Which of the course's questions the tutor took this for."""
    given = _answer(question)
    return next((known for known in QUESTIONS if _answer(known) == given), None)


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_suggested_question_has_its_own_answer_of_a_pleasant_length(question: str) -> None:
    assert 40 <= len(split_words(_answer(question))) <= 120
    assert topic(question) == question


@pytest.mark.parametrize("question", [*QUESTIONS, "Hello", ""])
def test_every_answer_says_that_the_tutor_is_offline(question: str) -> None:
    assert "offline tutor" in _answer(question).lower()


def test_who_follows_the_suggestions_sees_every_answer() -> None:
    question, seen = QUESTIONS[0], []
    for _ in QUESTIONS:
        seen.append(question)
        question = _answer(question).rsplit("Ask me next: ", 1)[1].removesuffix(")")
    assert sorted(seen) == sorted(QUESTIONS)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("what's a delta", "What is a delta?"),
        ("WHY   STREAM AN\nANSWER", "Why stream an answer?"),
        ("Why should I stream at all?", "Why stream an answer?"),
        ("What does TTFT mean?", "What is first token latency?"),
        ("how do I cancel a run", "What happens when I press Stop?"),
        ("Why does my stream freeze in the middle?", "Why did my stream freeze?"),
        ("my page hangs", "Why did my stream freeze?"),
        ("Why do deltas arrive all at once?", "Why do my deltas come in bursts?"),
        ("And back-pressure?", "What is backpressure?"),
        ("When is my message saved?", "How does ChatKit save a message?"),
        ("what is __fake_id__", "Why did my second answer overwrite the first?"),
    ],
)
def test_other_words_for_the_same_question_are_understood(asked: str, meant: str) -> None:
    assert topic(asked) == meant


@pytest.mark.parametrize(
    "other", ["Hi!", "tell me more", "I stopped smoking", "How do I change a tyre?", "", "   ", "?"]
)
def test_any_other_message_gets_an_honest_answer(other: str) -> None:
    assert _answer(other) == HONEST
    assert len(split_words(HONEST)) >= 40
    assert "not a question that I know" in HONEST
    assert all(question in HONEST for question in QUESTIONS)


@given(st.text() | st.text(alphabet="stop delta message store freeze\n"))
@settings(max_examples=200)
def test_no_message_crashes_the_tutor(message: str) -> None:
    assert _answer(message) in {HONEST, *map(_answer, QUESTIONS)}


HOSTILE = "<script>alert(1)</script> {question} %s \\ \x00 javascript:x ${x} \u202e"


@pytest.mark.parametrize("hostile", [HOSTILE, HOSTILE + "what is a delta?", "message " * 200_000])
def test_hostile_and_huge_messages_are_never_repeated(hostile: str) -> None:
    driven = drive(tutor(), hostile)
    assert driven.error is None
    assert "<" not in driven.final
    assert "{" not in driven.final


def test_the_pace_is_that_of_a_quick_model() -> None:
    driven = drive(tutor(), "What is a delta?")
    times = [t for t, _ in driven.deltas]
    assert times[:3] == [0.8, 0.84, 0.88]
    assert driven.final == _answer("What is a delta?")


def test_a_follow_up_is_answered_by_the_last_message() -> None:
    history: list[Any] = [
        {"role": "user", "content": "What is a delta?"},
        {"role": "assistant", "content": "A delta is one small piece"},
        {"role": "user", "content": "And what is backpressure?"},
    ]
    assert drive(tutor(), history).final == _answer("What is backpressure?")
