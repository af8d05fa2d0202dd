"""Runs of scenes: what the sandbox sent back, read with suspicion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..answer import Answer
from ..sandbox.job import Ending, Job, Status
from ..scene import Scene, Seen
from .agreement import disagreement

__all__ = ["Run", "Runs", "run_scenes"]


class Runs(Protocol):
    """What the judge needs of a sandbox."""

    @property
    def isolation(self) -> str:
        """Which walls stand round a job."""

    def run(self, job: Job) -> Ending:
        """Run one job to its end."""


@dataclass(frozen=True)
class Run:
    """How a scene went. `seen` is there when `status` is "ended", and only then."""

    status: Status
    seen: Seen | None = None
    detail: str = ""
    line: int | None = None


def run_scenes(scenes: Sequence[Scene], answer: Answer, sandbox: Runs) -> Iterator[Run]:
    """Play scenes with an answer in the sandbox, each once, and give each run in order.

    Several share a process, which saves half of the computing, but only as long as each comes to a clean end: where a
    process dies in a later scene, its scenes are played again, each in a process of its own, and that is what counts.
    """
    rest = list(scenes)
    while rest:
        runs = _run(rest, answer, sandbox)
        if not runs:
            for scene in rest:
                yield _run([scene], answer, sandbox)[0]
        yield from runs
        rest = rest[len(runs) or len(rest) :]


def _run(scenes: Sequence[Scene], answer: Answer, sandbox: Runs) -> list[Run]:
    """Run one process for some scenes; gives the runs of the first of them, [] where it cannot be known whose end it was."""
    payload = {"scenes": [scene.model_dump(mode="json") for scene in scenes]}
    ending = sandbox.run(Job(source=answer.source, name="<answer>", payload=payload))
    told = [line for line in ending.lines if isinstance(line, dict) and "seen" in line]
    if ending.status != "ended":
        if told and len(scenes) > 1:
            return []
        return [Run(ending.status, None, ending.detail, ending.line)]
    if not told:
        detail = ending.detail or "its process ended before the end"
        return [Run("crashed", None, detail, ending.line)]
    if [line.get("scene", 0) for line in told] != list(range(len(told))) or len(told) > len(scenes):
        # Only our own code should speak; a second voice can only be the guest's.
        detail = "it sent a result of its own making"
        return [Run("forbidden", None, detail, ending.line)] * len(scenes)
    return [_read(line["seen"], scene, ending) for line, scene in zip(told, scenes, strict=False)]


def _read(seen: Any, scene: Scene, ending: Ending) -> Run:
    try:
        record = Seen.model_validate(seen).of(scene)
        wrong = disagreement(record)
    except (
        Exception
    ):  # of whatever kind: the record is the guest's word, and so is what reading it does
        return Run("forbidden", None, "what came back of it is no record of a run", ending.line)
    if wrong:
        said = f"what came back of it is no record of this run: {wrong}"
        return Run("forbidden", None, said, ending.line)
    return Run("ended", record)
