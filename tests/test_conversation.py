"""The same script is the same recording, byte for byte; and a long stream costs milliseconds."""

from __future__ import annotations

import time

import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.recording import Recording
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer

ANSWER = "Streaming shows the first words while the last ones are still being made."


def rehearse(script: Script, *questions: str, **link: object) -> list[Recording]:
    return run(talk(LessonServer(model=script.model()), *questions, **link))


@pytest.mark.parametrize(
    "link", [{}, {"split": 1}, {"merge": 3}, {"cut_at": 1.2}, {"read_delay": 0.1}]
)
def test_twenty_runs_are_identical_byte_for_byte(link: dict[str, object]) -> None:
    script = Script(Reply(ANSWER, reasoning=["Let me see."]), Reply("And again."))
    questions = ["Why stream?"] if "cut_at" in link else ["Why stream?", "Again?"]
    runs = {
        "\n".join(
            recording.normalised().to_jsonl() for recording in rehearse(script, *questions, **link)
        )
        for _ in range(20)
    }
    assert len(runs) == 1


def test_whole_bytes_and_events_tell_the_same_story() -> None:
    def story(**link: object) -> list[tuple[object, ...]]:
        [recording] = rehearse(Script.random(7), "Hi", **link)
        return [(moment.t, moment.event["type"]) for moment in recording.normalised().moments]

    assert story() == story(split=1) == story(split=100)


def test_the_figures_are_those_of_the_script() -> None:
    [recording] = rehearse(Script.say(ANSWER, thinking=0.8, gap=0.05), "Why stream?")
    assert recording.outcome == "done"
    assert recording.first_token == 0.8
    assert recording.gaps == [0.05] * (recording.deltas - 1)
    assert recording.text == ANSWER


def test_a_second_question_goes_on_with_the_thread() -> None:
    script = Script(Reply("One."), Reply("Two."))
    model = script.model()
    first, second = run(talk(LessonServer(model=model), "first", "second"))
    assert (first.text, second.text) == ("One.", "Two.")
    assert len(model.asked[1]) == 3


def test_thirteen_simulated_seconds_with_a_disconnect_cost_milliseconds() -> None:
    # A benchmark and no gate: it prints what it took (pytest -s), and checks the simulated time alone.
    script = Script.say([" word"] * 600, thinking=1.0, gap=0.05)
    rehearse(script, "warm up", cut_at=13.0)
    costs = []
    for _ in range(5):
        began = time.perf_counter()
        [recording] = rehearse(script, "Hi", cut_at=13.0)
        costs.append(time.perf_counter() - began)
    print(f"\n13 simulated seconds: median {sorted(costs)[2] * 1000:.0f} ms of real time")
    assert (recording.outcome, recording.duration) == ("cut", 13.0)
