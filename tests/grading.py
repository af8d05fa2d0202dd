"""A sandbox without walls, for tests of the grader: it plays scenes in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lesson_kit.sandbox.job import Ending, Job
from lesson_kit.scene import Scene, Seen, play

ROOT = Path(__file__).parent.parent


class NoWalls:
    """Runs a job at once and here; what is sent passes through JSON, as it does between processes."""

    isolation = "none: a test"

    def run(self, job: Job) -> Ending:
        lines: list[Any] = []
        play.act(job.source, job.name, job.payload, lambda line: lines.append(json.dumps(line)))
        return Ending("ended", [json.loads(line) for line in lines])


class Says:
    """A sandbox that runs nothing: every job ends as it is told."""

    isolation = "none: a test"

    def __init__(self, *endings: Ending) -> None:
        self.endings, self.jobs = list(endings), 0

    def run(self, job: Job) -> Ending:
        self.jobs += 1
        return self.endings[min(self.jobs, len(self.endings)) - 1]


def see(source: str, scene: Scene) -> Seen:
    """Play a scene with a source, and read what was seen as the judge reads it."""
    job = Job(source=source, payload=scene.model_dump(mode="json"))
    return Seen.model_validate(NoWalls().run(job).lines[-1]["seen"]).of(scene)


def solution(name: str) -> str:
    """The source of the answer cell in a solution's notebook."""
    path = next((ROOT / "solutions").glob(f"{name}*.ipynb"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    [answer] = [cell for cell in cells if "answer" in cell["metadata"].get("tags", [])]
    return "".join(answer["source"])
