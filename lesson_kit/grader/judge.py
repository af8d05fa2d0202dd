"""The judge: an exercise and an answer in, the result out. It never runs a line of the answer itself."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from random import Random

from ..answer import Answer, answer_of_source
from ..scene import Scene, Seen
from .exercise import Check, Exercise
from .result import CheckResult, Result
from .run import Run, Runs, run_scenes
from .verdict import not_run, verdict

__all__ = ["Judged", "judge"]

ENOUGH = 2
"""Scenes in which an answer may hang; the later ones are not reached, so that a student waits seconds, not minutes."""


@dataclass(frozen=True)
class Judged:
    """A result, and what was seen in each scene that came to its end, by the scene's name."""

    result: Result
    seen: dict[str, Seen] = field(default_factory=dict)


def judge(
    exercise: Exercise,
    answer: Answer | str,
    *,
    sandbox: Runs | None = None,
    seed: int | None = None,
) -> Judged:
    """Judge an answer, given as a source text or as it was read from a file.

    Each scene runs once, in a child process of `sandbox` (None: the one of this process); all its checks look at the same
    facts. Texts are random; the same `seed` (0 to 2**31 - 1) gives the same ones. Never raises for what the answer does.
    """
    began = time.monotonic()
    seed = secrets.randbelow(2**31) if seed is None else seed
    if isinstance(answer, str):
        answer = answer_of_source(answer, exercise.defines, exercise.may_use)
    runs: dict[str, Run | str] = {}
    if answer.status == "ok":
        if sandbox is None:
            from ..sandbox import shared

            sandbox = shared()
        runs = _run_all(exercise, answer, sandbox, seed)
        checks = [_check(check, answer, runs.get(check.scene)) for check in exercise.checks]
    else:
        checks = [not_run(check, answer) for check in exercise.checks]
    result = Result(
        exercise=exercise.name,
        isolation=sandbox.isolation if sandbox else "",
        seed=seed,
        message=answer.message,
        seconds=round(time.monotonic() - began, 6),
        checks=checks,
    )
    seen = {name: run.seen for name, run in runs.items() if isinstance(run, Run) and run.seen}
    return Judged(result, seen)


def _run_all(exercise: Exercise, answer: Answer, sandbox: Runs, seed: int) -> dict[str, Run | str]:
    """Run each scene that a check needs; a text tells why a scene could not even be made."""
    runs: dict[str, Run | str] = {}
    scenes: dict[str, Scene] = {}
    for name in dict.fromkeys(check.scene for check in exercise.checks):
        try:
            scene = exercise.scenes[name](Random(f"{exercise.name} {name} {seed}"))
            scenes[name] = scene if scene.uses else scene.model_copy(update={"uses": exercise.defines[0]})  # fmt: skip
        except Exception as error:
            runs[name] = f"the scene {name!r} failed: {type(error).__name__}: {error}"
    hung = 0
    played = run_scenes(list(scenes.values()), answer, sandbox)
    for name in scenes:
        try:
            runs[name] = run = next(played)
        except Exception as error:
            runs[name] = f"the scene {name!r} failed: {type(error).__name__}: {error}"
            continue
        hung += run.status in ("timeout", "blocked_loop")
        if hung >= ENOUGH:
            break
    return runs


def _check(check: Check, answer: Answer, run: Run | str | None) -> CheckResult:
    if run is None:
        return CheckResult(
            name=check.name,
            status="not_reached",
            points=0,
            max_points=check.points,
            seen="Not tried: the answer hung in the scenes before.",
            next_step="Mend the check above first.",
        )
    if isinstance(run, str):
        return CheckResult(
            name=check.name,
            status="grader_error",
            points=0,
            max_points=check.points,
            seen=run[:500],
            next_step="This is a fault of the course, not yours. Please report it.",
        )
    return verdict(check, answer, run)
