"""Several scenes in one process: the same facts as each in its own, and a death in one costs no other."""

from __future__ import annotations

from typing import Any

import pytest

from lesson_kit.answer import Answer
from lesson_kit.grader import find_exercise, judge
from lesson_kit.grader.run import Run, run_scenes
from lesson_kit.sandbox.job import Ending, Job
from lesson_kit.scene import Ask, Reply, Scene
from lesson_kit.scene.play import Stopped
from tests.grading import NoWalls, Says, see, solution

SCENES = [Scene(uses="A"), Scene(uses="B"), Scene(uses="C")]
ANSWER = Answer("A, B, C = 1, 2, 3")


class Plan(NoWalls):
    """Plays scenes until the one that uses a deadly name: that ends the process as it is told."""

    def __init__(self, deadly: str = "", status: Any = "crashed") -> None:
        self.deadly, self.status = deadly, status
        self.jobs: list[str] = []

    def run(self, job: Job) -> Ending:
        told = job.payload["scenes"]
        used = "".join(scene["uses"] for scene in told)
        self.jobs.append(used)
        alive = used.partition(self.deadly)[0] if self.deadly else used
        payload = {"scenes": told[: len(alive)]}
        lines = super().run(Job(job.source, payload=payload)).lines if alive else []
        return Ending("ended" if alive == used else self.status, lines)


def endings(sandbox: Any, scenes: list[Scene] = SCENES) -> list[str]:
    return [run.status for run in run_scenes(scenes, ANSWER, sandbox)]


def test_scenes_share_a_process_as_long_as_none_dies() -> None:
    plan = Plan()
    runs: list[Run] = list(run_scenes(SCENES, ANSWER, plan))
    assert [run.seen.value for run in runs if run.seen] == [1, 2, 3]
    assert plan.jobs == ["ABC"]


@pytest.mark.parametrize(
    ("deadly", "jobs"),
    [("A", ["ABC", "BC"]), ("B", ["ABC", "A", "B", "C"]), ("C", ["ABC", "A", "B", "C"])],
)
def test_a_death_costs_its_own_scene_alone(deadly: str, jobs: list[str]) -> None:
    plan = Plan(deadly, "timeout")
    expected = ["timeout" if name == deadly else "ended" for name in "ABC"]
    assert endings(plan) == expected
    assert plan.jobs == jobs


def test_a_scene_over_http_shares_the_process_too() -> None:
    plan = Plan()
    over_http = Scene(uses="H", asks=(Ask("Hi"),), http=True)
    assert endings(plan, [SCENES[0], over_http, SCENES[1]]) == ["ended"] * 3
    assert plan.jobs == ["AHB"]


def test_a_scene_that_leaves_something_behind_is_the_last_of_its_process() -> None:
    source = """
import asyncio
from chatkit.server import ChatKitServer

class Left(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, message, context):
        self.task = asyncio.create_task(asyncio.sleep(10**6))
        yield
"""
    plan = Plan()
    scenes = [Scene(uses="Left", asks=("Hi",)), Scene(uses="Left", asks=("Hi",))]
    runs = list(run_scenes(scenes, Answer(source), plan))
    assert [run.status for run in runs] == ["ended", "ended"]
    assert plan.jobs == ["LeftLeft", "Left"]


@pytest.mark.parametrize(
    "lines",
    [
        [{"scene": 0, "seen": {}}, {"scene": 0, "seen": {}}],
        [{"scene": 1, "seen": {}}],
        [{"scene": k, "seen": {}} for k in range(4)],
        [{"scene": "0", "seen": {}}],
        [{"scene": 0, "seen": {"value": 1, "more": 2}}],
    ],
)
def test_a_voice_that_is_not_ours_is_forbidden(lines: list[Any]) -> None:
    assert set(endings(Says(Ending("ended", lines)))) == {"forbidden"}


def test_together_or_alone_an_exercise_is_judged_the_same() -> None:
    class Alone(NoWalls):
        def run(self, job: Job) -> Ending:
            return super().run(Job(job.source, payload={"scenes": job.payload["scenes"][:1]}))

    exercise = find_exercise("ex03")
    for source in (solution("ex03"), solution("ex03").replace("yield event", "pass")):
        together, alone = (
            judge(exercise, source, sandbox=box, seed=4).result.checks
            for box in (NoWalls(), Alone())
        )
        assert together == alone


SERVER = """
import asyncio
from chatkit.server import ChatKitServer

class Server(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, message, context):
        {deed}
        await asyncio.sleep(1)
        yield
"""


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("[task.cancel() for task in asyncio.all_tasks()]", "cancelled the task"),
        ("asyncio.get_running_loop().stop()", "stopped the event loop"),
    ],
)
def test_an_answer_that_ends_its_scene_is_told_so_and_is_no_fault_of_ours(
    deed: str, told: str
) -> None:
    scene = Scene(uses="Server", asks=("Hi",), replies=(Reply("Hi"),))
    with pytest.raises(Stopped, match=told):
        see(SERVER.replace("{deed}", deed), scene)


def test_memory_that_runs_out_at_once_is_called_so() -> None:
    source = f"{solution('ex03')}\nraise MemoryError"
    result = judge(find_exercise("ex03"), source, sandbox=NoWalls(), seed=1).result
    assert result.status == "out_of_memory"
