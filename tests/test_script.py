"""Scripts are plain values: comparable, readable, checked when they are written."""

import textwrap
from typing import Any

import agents
import pytest

from lesson_kit.clock import run
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.script import script as script_module

from .driving import Driven, drive, read

GOOD = [
    Script.say("Hello there, how are you?"),
    Script.say("It's \n two lines ", thinking=0, gap=0.2, then_repeat=True),
    Script.say(["Hel", "lo"], gap=[0.5], burst=2, usage=(3, 4)),
    Script.say("a b c", stall_at=2, stall_for=3.5, error="rate_limit", error_at=3),
    Script.say("No.", refusal=True, item_id="__fake_id__"),
    Script.say("a b", end_at=1, reasoning="Let me think."),
    Script.say("a", error=LookupError),
    Script(Reply(calls=[ToolCall("search", {"q": "é"}, call_id="c")]), Reply("It is tea.")),
    Script(Reply("One."), Reply("Two."), then_repeat=True),
    *(Script.random(seed, replies=2, faults=True) for seed in range(20)),
]


@pytest.mark.parametrize("script", GOOD, ids=range(len(GOOD)))
def test_the_repr_is_python_that_makes_the_same_script(script: Script) -> None:
    again = eval(repr(script), {"Script": Script, "Reply": Reply, "ToolCall": ToolCall})
    assert again == script
    assert hash(again) == hash(script)


def test_the_everyday_repr_reads_well() -> None:
    script = Script.say("Hello there", thinking=0.5, stall_at=1)
    assert repr(script) == "Script.say('Hello there', thinking=0.5, stall_at=1)"


def test_different_scripts_are_not_equal() -> None:
    assert len(set(GOOD)) == len(GOOD)
    assert Script.say("a") != Script.say("a", gap=0.1)
    assert Script.say("a") != Script.say("a", then_repeat=True)


def test_a_script_cannot_be_changed() -> None:
    script = Script.say("Hello")
    with pytest.raises(AttributeError):
        script.then_repeat = True  # type: ignore[misc]
    with pytest.raises(AttributeError):
        script.replies[0].thinking = 3.0  # type: ignore[misc]


def test_a_script_does_not_follow_the_list_it_was_made_of() -> None:
    deltas, arguments = ["a", "b"], {"q": "tea"}
    script = Script(Reply(deltas, calls=[ToolCall("search", arguments)]))
    deltas.append("c")
    arguments["q"] = "milk"
    assert script == Script(Reply(["a", "b"], calls=[ToolCall("search", {"q": "tea"})]))


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: Script(), ValueError, 'a script needs a reply: Script.say\\("Hello"\\)'),
        (lambda: Script("Hello"), TypeError, "takes Reply objects, but 'Hello' came"),  # type: ignore[arg-type]
        (lambda: Script.say("a", stal_at=1), TypeError, r"no argument stal_at=. Did you mean stall_at="),
        (lambda: Script.say("a", volume=1), TypeError, "no argument volume=. It takes: thinking, gap"),
        (lambda: Script.answering("Hi"), TypeError, "takes a function"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_wrong_script_says_what_to_write(make: Any, kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


def test_random_scripts_depend_on_the_seed_alone() -> None:
    assert Script.random(7, replies=3, faults=True) == Script.random(7, replies=3, faults=True)
    assert len({Script.random(seed) for seed in range(50)}) == 50


def test_random_scripts_without_faults_say_their_whole_text() -> None:
    for seed in range(30):
        script = Script.random(seed)
        assert drive(script).final == script.replies[0].text


def test_random_scripts_hold_what_breaks_naive_code() -> None:
    text = "".join(reply.text for seed in range(50) for reply in Script.random(seed).replies)
    for trouble in ("👩‍👩‍👧", "\u2028", "\n\n", "data: ", "[DONE]", "\r\n", "e\u0301"):
        assert trouble in text


def test_random_faults_come_in_every_kind() -> None:
    replies = [Script.random(seed, faults=True).replies[0] for seed in range(100)]
    assert any(reply.stall_at is not None and reply.stall_for is None for reply in replies)
    assert any(reply.stall_for is not None for reply in replies)
    assert any(reply.error is not None for reply in replies)
    assert any(reply.end_at is not None for reply in replies)
    assert any(reply.refusal for reply in replies)
    assert any(reply.burst > 1 for reply in replies)
    assert any(reply.item_id for reply in replies)
    assert any(reply.reasoning for reply in replies)


def test_the_example_of_the_module_runs() -> None:
    _, _, example = str(script_module.__doc__).partition("everything after the model is real:\n")
    names: dict[str, Any] = {**vars(agents), **vars(script_module)}

    async def main() -> Driven:
        exec(textwrap.dedent(example), names)
        driven = Driven(names["model"])
        await read(driven, names["result"])
        return driven

    driven = run(main())
    assert driven.final == "Hello there, how are you?"
    assert driven.deltas[0] == (0.8, "Hello")
