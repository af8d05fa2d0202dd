"""A job for a guest: the code to run with what it gets, its limits, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["MIB", "Ending", "Job", "Limits", "Status"]

MIB = 1024 * 1024

Status: TypeAlias = Literal[
    "ended", "timeout", "blocked_loop", "crashed", "out_of_memory", "forbidden", "grader_error"
]


@dataclass(frozen=True)
class Limits:
    """What a guest may use up.

    `wall` are real seconds and `cpu` seconds of computing. On a busy machine the first run much faster, so `cpu` ends a
    loop, and `wall` a guest that sits and waits; one that computes, or waits for its turn to, may take ten times `wall`. `memory` are bytes beyond what the
    preloaded process has, `output` the bytes that the guest's process may send, `files` the bytes that it may have on
    disk (where there is no disk of its own, per file).
    """

    wall: float = 5.0
    cpu: float = 2.0
    memory: int = 512 * MIB
    output: int = 4 * MIB
    files: int = 4 * MIB

    @property
    def longest(self) -> float:
        """The real seconds after which nothing goes on, whatever it does."""
        return 10 * self.wall

    def __post_init__(self) -> None:
        if bad := [name for name, value in vars(self).items() if not value > 0]:
            raise ValueError(
                f"expected limits above zero, but {bad[0]} is {getattr(self, bad[0])!r}."
            )


@dataclass(frozen=True)
class Job:
    """A guest's source, and the payload (plain JSON) that the act puts it through.

    `name` is shown as the file name in tracebacks, and it is how the guest's own lines are known: `<answer>`, or the
    student's file. Nothing else on this machine may be called so.
    """

    source: str
    name: str = "<answer>"
    payload: dict[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()


@dataclass(frozen=True)
class Ending:
    """How a job ended.

    `lines` are the JSON values that the guest's process sent, in order: UNTRUSTED, whatever the status says. `detail`
    says in plain words what happened ("exit code 0 before the end", "signal 11"). `line` counts from 1 in the guest's
    own source: where it hung, crashed or tried the forbidden; None where that is not known. `seconds` are real ones.
    """

    status: Status
    lines: list[Any] = field(default_factory=list)
    detail: str = ""
    line: int | None = None
    seconds: float = 0.0
