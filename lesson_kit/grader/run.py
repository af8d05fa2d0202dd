"""One run of a scene: what the sandbox sent back, read with suspicion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from ..answer import Answer
from ..sandbox.job import Ending, Job, Status
from ..scene import Scene, Seen

__all__ = ["Run", "Runs", "run_scene"]


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


def run_scene(scene: Scene, answer: Answer, sandbox: Runs) -> Run:
    """Play a scene with an answer in the sandbox, once."""
    payload = scene.model_dump(mode="json")
    ending = sandbox.run(Job(source=answer.source, name="<answer>", payload=payload))
    if ending.status != "ended":
        return Run(ending.status, None, ending.detail, ending.line)
    told = [line["seen"] for line in ending.lines if isinstance(line, dict) and "seen" in line]
    if not told:
        return Run(
            "crashed", None, ending.detail or "its process ended before the end", ending.line
        )
    if len(told) > 1:
        # Only our own code should speak; a second voice can only be the guest's.
        return Run("forbidden", None, "it sent a result of its own making", ending.line)
    try:
        return Run("ended", Seen.model_validate(told[0]).of(scene))
    except (ValidationError, RecursionError):
        return Run("forbidden", None, "what came back of it is no record of a run", ending.line)
