"""The log: one line of JSON a turn, without a word of anybody in it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer, Limits
from lesson_kit.streamlog import StreamLog, json_lines

SECRET = "sk-not-a-real-key-0123456789"
Lines = list[dict[str, Any]]


def logged(script: Script, *questions: str, limits: Limits | None = None, **link: Any) -> Lines:
    file = io.StringIO()
    log = StreamLog(json_lines(file, stamped=False))

    async def main() -> None:
        server = LessonServer(model=script.model(), limits=limits, observers=[log])
        await talk(server, *(questions or ("Hi",)), **link)
        await server.drain()

    run(main())
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_turn_is_one_line_with_all_there_is_to_know() -> None:
    [line] = logged(Script.say("one two three", thinking=1, gap=0.5))
    # The store's awaits come before the first token: milliseconds of virtual time.
    assert line.pop("first_token_s") == pytest.approx(1, abs=0.05)
    assert line.pop("duration_s") == pytest.approx(2, abs=0.05)
    assert line.pop("input_tokens") > 1  # the words of the instructions, and "Hi"
    assert line == {
        "event": "turn",
        "level": "info",
        "thread": "thr_1",
        "turn": 1,
        "message": "msg_1",
        "model": "ScriptModel",
        "outcome": "done",
        "error": None,
        "deltas": 3,
        "model_calls": 1,
        "output_tokens": 3,
    }


def test_an_answer_of_five_hundred_deltas_is_one_line_too() -> None:
    [line] = logged(Script.say(["x"] * 500))
    assert line["deltas"] == 500


def test_turns_are_numbered() -> None:
    lines = logged(Script.say("yes", then_repeat=True), "a", "b", "c")
    assert [(line["thread"], line["turn"]) for line in lines] == [
        ("thr_1", 1),
        ("thr_1", 2),
        ("thr_1", 3),
    ]


def test_a_failure_is_a_warning_with_its_kind() -> None:
    [line] = logged(Script.say("one two", error="rate_limit"))
    assert (line["level"], line["outcome"]) == ("warning", "error")
    assert line["error"] == "RateLimitError"
    assert line["first_token_s"] is None


def test_a_time_limit_is_told_as_one() -> None:
    [line] = logged(Script.say("never", thinking=60), limits=Limits(first_token=5))
    assert (line["outcome"], line["error"], line["deltas"]) == ("timeout", "TimeLimit", 0)


def test_a_reader_who_leaves_is_no_warning() -> None:
    [line] = logged(Script.say(["w"] * 100, thinking=1, gap=0.1), cut_at=3.0)
    assert (line["level"], line["outcome"]) == ("info", "stopped")
    assert 0 < line["deltas"] < 100


def test_no_word_of_user_or_model_and_no_message_of_an_error_is_in_it() -> None:
    class Careless(Exception):
        """An error that quotes a key, as some do."""

    def answer(question: str, call: object) -> Reply:
        if question == "break":
            raise Careless(SECRET)
        return Reply(f"the key is {SECRET}")

    file = io.StringIO()
    server = LessonServer(
        model=Script.answering(answer).model(), observers=[StreamLog(json_lines(file))]
    )
    run(talk(server, f"my key is {SECRET}", "break"))
    assert len(file.getvalue().splitlines()) == 2
    assert SECRET not in file.getvalue()
    assert "key" not in file.getvalue()
    assert "Careless" in file.getvalue()


def test_a_line_can_carry_the_name_of_its_request() -> None:
    file, requests = io.StringIO(), iter(["r-1", "r-2"])
    log = StreamLog(json_lines(file), fields={"request": lambda: next(requests)})
    server = LessonServer(model=Script.say("yes", then_repeat=True).model(), observers=[log])
    run(talk(server, "a", "b"))
    assert [json.loads(line)["request"] for line in file.getvalue().splitlines()] == ["r-1", "r-2"]


def test_a_stamp_is_the_time_of_day_in_utc() -> None:
    file = io.StringIO()
    json_lines(file).info("turn")
    assert json.loads(file.getvalue())["timestamp"].endswith("Z")


def test_without_a_file_it_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    json_lines().info("turn")
    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err)["event"] == "turn"
