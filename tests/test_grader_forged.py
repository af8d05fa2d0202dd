"""A guest that writes its own record: what the judge finds out, what it cannot, and that it is never the grader's error.

The guests come past the static look (as `Answer`), and are played in this process: no wall is in their way here.
"""

from __future__ import annotations

import asyncio
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

import lesson_kit.script.play
from lesson_kit.answer import Answer
from lesson_kit.grader import Exercise, Miss, judge, load_exercises
from lesson_kit.grader.agreement import disagreement
from lesson_kit.sandbox.ending import ending_of
from lesson_kit.sandbox.facts import Facts
from lesson_kit.sandbox.job import Ending, Job
from lesson_kit.scene import Ask, Call, Feed, Reply, Scene, Seen
from tests.grading import NoWalls, Says, solution

SCENE = Scene(
    uses="A", replies=(Reply((" one", " two", " three"), thinking=1.0, gap=0.5),),
    asks=(Ask("Hi"), Ask("And?", pause=2.0)), then_repeat=True,
)  # fmt: skip
FEED = Scene(uses="f", call=Call((Feed(("a", "b"), thinking=1.0, gap=0.5),)))
ASKED = [{"t": 0.1, "input": "Hi"}]


def made(*deltas: tuple[float, str], call: int = 0) -> dict[str, Any]:
    return {"asked": ASKED, "made": [{"t": t, "delta": d, "call": call} for t, d in deltas]}


def source(due: list[float], taken: list[float]) -> dict[str, Any]:
    return {"called": {"sources": [{"due": due, "taken": taken}]}}


HONEST = {
    "nothing at all": (SCENE, {}),
    "all deltas": (SCENE, made((1.1, " one"), (1.6, " two"), (2.1, " three"))),
    "deltas that were asked for late, and not to the end": (SCENE, made((9.0, " one"), (9.0, " two"))),
    "two questions": (SCENE, {"clients": [{"sent": 0, "ended": 3.0}, {"sent": 5.0, "left": 5.5, "ended": 5.5}]}),
    "a source": (FEED, source([1.0, 1.5], [1.0, 1.7])),
    "a source that was never read": (FEED, source([], [])),
}  # fmt: skip
FORGED = {
    "the clock stood still": (SCENE, made((0.1, " one"), (0.1, " two")), "quicker than its script"),
    "the clock ran backwards": (SCENE, made((1.1, " one"), (9.0, " two"), (8.0, " three")), "quicker than its script"),
    "other words": (SCENE, made((1.1, " won")), "what its script does not say"),
    "words left out": (SCENE, made((1.1, " one"), (2.1, " three")), "what its script does not say"),
    "a word too many": (SCENE, made((1.1, " one"), (1.6, " two"), (2.1, " three"), (2.6, " four")), "does not say"),
    "a call that was not asked": (SCENE, made((9.0, " one"), call=1), "was not asked"),
    "calls in another order": (SCENE, {"asked": [{"t": 2, "input": ""}, {"t": 1, "input": ""}]}, "before the first"),
    "more questions": (SCENE, {"clients": [{"sent": 0, "ended": 1.0}] * 3}, "3 questions were sent"),
    "a question too early": (SCENE, {"clients": [{"sent": 0, "ended": 3.0}, {"sent": 4.9, "ended": 6.0}]}, "before its time"),
    "a source without waits": (FEED, source([0.0, 0.0], []), "other times"),
    "a source that began too early": (FEED, source([0.9, 1.4], []), "other times"),
    "values before they are there": (FEED, source([1.0, 1.5], [1.0, 1.0]), "before it was there"),
    "values that the source has not": (FEED, source([1.0, 1.5, 2.0], []), "more values"),
    "yields in another order": (FEED, {"called": {"yielded": [{"t": 2, "value": 1}, {"t": 1, "value": 1}]}}, "yielded before"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_what_can_have_happened_agrees_with_the_script(name: str) -> None:
    scene, facts = HONEST[name]
    assert disagreement(Seen.model_validate(facts).of(scene)) == ""


@pytest.mark.parametrize("name", FORGED)
def test_what_cannot_have_happened_is_found_out(name: str) -> None:
    scene, facts, says = FORGED[name]
    assert says in disagreement(Seen.model_validate(facts).of(scene))


def statuses(source: str, sandbox: Any = None) -> set[str]:
    exercise = load_exercises()["ex03_thinking_indicator"]
    result = judge(exercise, Answer(source), sandbox=sandbox or NoWalls(), seed=3).result
    return {check.status for check in result.checks}


def test_a_guest_that_makes_the_model_quick_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # As a guest in the same process could: no wait before a word, so any server looks as if it showed something at once.
    hasty = SimpleNamespace(**vars(asyncio) | {"sleep": lambda seconds: asyncio.sleep(0)})
    monkeypatch.setattr(lesson_kit.script.play, "asyncio", hasty)
    assert statuses(solution("ex03")) == {"forbidden"}


@pytest.mark.parametrize("factor", ["/ 2", "* 2"])
def test_a_guest_that_makes_the_clock_go_slower_or_faster_is_found_out(factor: str) -> None:
    # One that stops it ends in the sandbox's limits: tests/hostile/patch_the_clock.py.
    text = solution("ex03")
    head = next(line for line in text.splitlines() if "async def respond" in line)
    patch = (
        "import asyncio",
        "loop = asyncio.get_running_loop()",
        "now, real = loop.time(), loop.time",
    )
    change = f"loop.time = lambda: now + (real() - now) {factor}"
    forged = text.replace(head, "\n        ".join([head, *patch, change]))
    assert statuses(forged) == {"forbidden"}


def test_a_record_without_any_contradiction_is_believed() -> None:
    # The limit of all this, in a test so that nobody forgets it: a guest in the same process could send this record.
    exercise = load_exercises()["ex03_thinking_indicator"]
    heard: list[Ending] = []

    class Heard(NoWalls):
        def run(self, job: Job) -> Ending:
            heard.append(super().run(job))
            return heard[-1]

    judge(exercise, solution("ex03"), sandbox=Heard(), seed=3)
    lazy = solution("ex03").partition("async def respond")[0] + "pass\n"
    assert statuses(lazy, Says(*heard)) == {"passed"}


# --- never the grader's error ---

JOB = Job("x = 1")
TOKEN = "0" * 32


def told(*messages: str) -> Facts:
    return Facts(code=0, sent="".join(f"{TOKEN} {one}\n" for one in messages).encode())


def test_an_act_that_breaks_after_the_guest_began_is_the_guests_crash() -> None:
    error = 'error {"text": "TypeError: our own line", "line": null}'
    begun = ending_of(JOB, TOKEN, told("start null", 'value {"at": "load"}', error))
    assert (begun.status, begun.detail) == ("crashed", "TypeError: our own line")
    before = ending_of(JOB, TOKEN, told("start null", error))
    assert before.status == "grader_error"


@pytest.mark.parametrize(
    "seen", [{"clients": [{}] * 200}, [], None, {"made": "x"}, {"value": {"a": float}}]
)
def test_facts_of_any_shape_are_the_guests_doing(seen: Any) -> None:
    assert statuses("class ThinkingServer: pass", Says(Ending("ended", [{"seen": seen}]))) == {"forbidden"}  # fmt: skip


def test_no_check_of_any_exercise_breaks_on_facts_of_nothing() -> None:
    for exercise in load_exercises().values():
        for check in exercise.checks:
            check.judge(Seen().of(exercise.scenes[check.scene](Random(1))))


def test_facts_that_no_check_expects_are_no_fault_of_the_check() -> None:
    exercise = Exercise("ex99_odd", title="Odd", defines=["f"])

    @exercise.scene
    def call(chance: Random) -> Scene:
        return Scene(uses="f", call=Call())

    @exercise.check("it adds up", points=1, scene=call)
    def adds_up(seen: Seen) -> Miss | None:
        sum(seen.values)
        return None

    source = "def f():\n    yield {'not': 'a number'}"
    [check] = judge(exercise, source, sandbox=NoWalls(), seed=1).result.checks
    assert check.status == "failed"
    assert "TypeError" in check.seen
