"""Cassettes: a session replays to an identical recording, nothing secret is written, broken files are named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from agents import Agent, Runner, function_tool
from agents.items import ModelResponse, TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses as api

from lesson_kit.cassette import Cassette, CassetteError, Fault, ReplayedError
from lesson_kit.cassette.redact import mask, mask_all, mask_pieces
from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.recording import Recording
from lesson_kit.recording.tape import RecordingError
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.script.faults import ERRORS
from lesson_kit.script.responses import Writer
from lesson_kit.server import LessonServer
from lesson_kit.tutor import QUESTIONS, tutor

KEY = "sk-" + "abcdefgh12345678"
HEAD = '{"format":"lesson-kit.cassette","version":1}\n'


@function_tool
def search(q: str) -> str:
    """Find tea."""
    return f"found {q}"


def bytes_of(recordings: list[Recording]) -> list[str]:
    return [recording.normalised().to_jsonl() for recording in recordings]


def session(model: Model, *questions: str, **link: Any) -> list[str]:
    return bytes_of(run(talk(LessonServer(model=model, tools=[search]), *questions, **link)))


def record_and_replay(script: Script, *questions: str, **link: Any) -> Cassette:
    """Record, write, read, replay: the user sees the same bytes at the same moments."""
    cassette = Cassette()
    live = session(cassette.recording(script.model()), *questions, **link)
    assert live == session(script.model(), *questions, **link), "recording changed the session"
    loaded = Cassette.from_jsonl(cassette.to_jsonl())
    assert loaded == cassette
    assert session(loaded.script().model(), *questions, **link) == live
    return loaded


def test_a_session_with_the_tutor_replays_to_an_identical_recording() -> None:
    cassette = record_and_replay(tutor(), *QUESTIONS[:2])
    assert [take.ending for take in cassette.takes] == ["done"] * 2


def test_tool_calls_are_replayed_and_the_tool_really_runs() -> None:
    calls = [ToolCall("search", {"q": "tea"}), ToolCall("search", "{broken", call_id="mine")]
    script = Script(Reply("Let me look.", calls=calls), Reply("Here is tea."))
    cassette = record_and_replay(script, "Tea?")
    assert [call.name for call in cassette.takes[0].calls] == ["search", "search"]
    model = cassette.script().model()
    session(model, "Tea?")
    assert "found tea" in str(model.asked[1])


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("place", [0, 2])
def test_an_error_is_replayed_in_the_same_words(name: str, place: int) -> None:
    cassette = record_and_replay(Script.say("a b c d", error=name, error_at=place), "Hi")
    assert cassette.takes[0].fault == Fault(name)


@pytest.mark.parametrize("seed", range(16))
def test_any_script_with_any_fault_replays_to_an_identical_recording(seed: int) -> None:
    record_and_replay(Script.random(seed, replies=3, faults=seed % 2 == 1), "one", "two", "three")


@pytest.mark.parametrize(
    "reply",
    [
        Reply("a b c d e f", burst=3, reasoning=["Let ", "me", " see."]),
        Reply("a b c", stall_at=0, stall_for=2.5, reasoning=["Hm."]),
        Reply("a b c", stall_at=3, stall_for=1.5),
        Reply("a b c", stall_at=2),
        Reply("I will not say that.", refusal=True),
        Reply("a b c", end_at=2),
        Reply("a b c", item_id="__fake_id__"),
        Reply(()),
        Reply(["", "a", "", "\x00", "\u2028"], thinking=0, gap=0),
        Reply("a", error=ZeroDivisionError),
    ],
    ids=repr,
)
def test_what_a_script_can_say_a_cassette_can_keep(reply: Reply) -> None:
    record_and_replay(Script(reply, then_repeat=True), "one", "two")


def test_a_call_past_the_end_of_the_script_is_an_error_of_the_session() -> None:
    cassette = record_and_replay(Script.say("only one"), "one", "two")
    assert [take.ending for take in cassette.takes] == ["done", "error"]
    assert cassette.takes[1].fault is not None
    assert cassette.takes[1].fault.name == "ScriptEnded"


def test_a_client_that_leaves_stops_the_take_where_it_was() -> None:
    cassette = record_and_replay(Script.say(["w "] * 50), "Hi", cut_at=2.0)
    [take] = cassette.takes
    assert take.ending == "stopped"
    assert 10 < len(take.pieces) < 50


def test_a_whole_answer_is_replayed_after_the_same_time() -> None:
    async def ask(model: Model) -> tuple[str, float]:
        result = await Runner.run(Agent(name="demo", model=model), "Hi")
        return result.final_output, asyncio.get_running_loop().time()

    cassette = Cassette()
    live = run(ask(cassette.recording(Script.say("Hello there", thinking=0.5, gap=1).model())))
    assert live == ("Hello there", 1.5)
    assert run(ask(cassette.script().model())) == live


class Foreign(Model):
    """A model that is not ours, with uneven pauses, reasoning, a hosted tool and no ids to count on."""

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        raise openai.NotFoundError(
            f"no such model for {KEY}", response=_answer(404), body={"code": "model_not_found"}
        )

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        words = ["Take ", KEY[:5], KEY[5:], " and go."]
        text = api.ResponseOutputText(type="output_text", text="".join(words), annotations=[])
        message = api.ResponseOutputMessage(
            id="msg_1", type="message", role="assistant", status="completed", content=[text]
        )
        hosted = api.ResponseFunctionWebSearch.model_construct(
            id="ws_1", type="web_search_call", status="completed"
        )
        writer = Writer("resp_9")
        for event in writer.begin():
            yield event
        for number, word in enumerate(words):
            await asyncio.sleep(0.3 * (number + 1))
            yield writer.event(
                api.ResponseTextDeltaEvent,
                content_index=0,
                output_index=0,
                item_id="msg_1",
                delta=word,
                logprobs=[],
            )
        await asyncio.sleep(0.25)
        writer.output += [hosted, message]
        usage = api.ResponseUsage.model_validate(
            {
                "input_tokens": 7,
                "output_tokens": 5,
                "total_tokens": 12,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            }
        )
        yield writer.complete(usage)


def _answer(status: int) -> Any:
    return httpx2.Response(status, request=httpx2.Request("POST", "http://127.0.0.1/"))


def test_a_model_that_is_not_ours_is_recorded_and_replayed() -> None:
    cassette = Cassette()
    session(cassette.recording(Foreign()), "Hi")
    [take] = cassette.takes
    assert [piece.t for piece in take.pieces] == [0.3, 0.9, 1.8, 3.0]
    assert (take.t, take.usage, cassette.left_out) == (3.25, (7, 5), ["web_search_call"])
    [replayed] = run(talk(LessonServer(model=cassette.script().model()), "Hi"))
    assert replayed.text == f"Take {KEY} and go."
    assert (replayed.first_token, replayed.last_token, replayed.duration) == (0.3, 3.0, 3.25)


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
    "name", ["SystemExit", "StopIteration", "UnicodeDecodeError", "Nobody", "open"]
)
def test_a_name_that_makes_no_exception_is_told_as_words(name: str) -> None:
    error = Fault(name, "boom")()
    assert type(error) is ReplayedError
    assert str(error) == f"{name}: boom"


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


def test_a_cassette_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    cassette = Cassette()
    session(cassette.recording(Script.say("Hello").model()), "Hi")
    cassette.save(path)
    before = path.read_bytes()
    cassette.takes[0].t = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        cassette.save(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["one.jsonl"]
    assert Cassette.load(path).script().replies[0].text == "Hello"


BEGIN, END = '{"call":1}\n', '{"end":"done","t":1}\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "but came an empty line"),
        ("hello\n", 1, "lesson-kit.cassette"),
        ('{"format":"lesson-kit.recording","version":1}\n', 1, "Cassette.save"),
        ('{"format":"lesson-kit.cassette","version":2}\n', 1, "release"),
        (HEAD + '{"t":1,"text":"x"}\n', 2, "where a call begins"),
        (HEAD + '{"call":2}\n', 2, '"call":1'),
        (HEAD + BEGIN + "[]\n", 3, "expected"),
        (HEAD + BEGIN + '{"t":1,"text":"x"', 3, "delimiter"),
        (HEAD + BEGIN + '{"t":1,"text":"x"}\n', 4, "the end of the file"),
        (HEAD + BEGIN + '{"t":-1,"text":"x"}\n', 3, "0 or more"),
        (HEAD + BEGIN + '{"t":NaN,"text":"x"}\n', 3, "NaN"),
        (HEAD + BEGIN + '{"t":true,"text":"x"}\n', 3, "0 or more"),
        (HEAD + BEGIN + '{"t":2,"text":"x"}\n{"t":1,"text":"x"}\n', 4, "not before 2"),
        (HEAD + BEGIN + '{"t":2,"text":"x"}\n' + END, 4, "not before 2"),
        (HEAD + BEGIN + '{"t":2,"text":"x","refusal":"y"}\n', 3, "expected"),
        (HEAD + BEGIN + '{"tool":"","arguments":"{}"}\n', 3, "a call of a tool"),
        (HEAD + BEGIN + '{"end":"well","t":1}\n', 3, "done, error, cut, stopped"),
        (HEAD + BEGIN + '{"end":"error","t":1}\n', 3, "the name of an error"),
        (HEAD + BEGIN + '{"end":"done","t":1,"usage":[1]}\n', 3, "two counts"),
        (HEAD + BEGIN + '{"end":"done","t":1,"usage":[-1,2]}\n', 3, "script can say"),
        (HEAD + BEGIN + '{"end":"done","t":1,"item_id":7}\n', 3, "script can say"),
        (HEAD + BEGIN + '{"t":1,"text":"\\ud83d"}\n' + END, 4, "surrogate"),
        (HEAD + BEGIN + '{"a":' + "[" * 5000 + "]" * 5000 + "}\n", 3, "nested"),
        (HEAD + BEGIN + END + "\n", 4, "an empty line"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(CassetteError, match=f"^line {line}: ") as raised:
        Cassette.from_jsonl(text)
    assert said in str(raised.value)
    assert isinstance(raised.value, RecordingError)


def test_every_cut_of_a_file_is_noticed_or_harmless() -> None:
    cassette = Cassette()
    session(cassette.recording(Script.say("Hello there").model()), "Hi")
    whole = cassette.to_jsonl()
    for size in range(len(HEAD) + 1, len(whole) - 1):
        with pytest.raises(CassetteError):
            Cassette.from_jsonl(whole[:size])


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a model, such as .*but got str"):
        Cassette().recording("gpt")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"at least one call.*ask it something"):
        Cassette().script()
