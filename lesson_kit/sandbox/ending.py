"""The meaning of the facts: what a job's ending is called."""

from __future__ import annotations

import signal
from typing import Any

from .facts import Facts
from .job import Ending, Job, Status
from .lastwords import place_in
from .telling import Told, read

__all__ = ["ending_of"]


def ending_of(job: Job, token: str, facts: Facts) -> Ending:
    """Name how a job ended, from what its process told and how it went. What it told never makes it look better."""
    told = read(facts.sent, token)
    status, detail, line = _name(job, facts, told)
    if told.junk:
        detail = "; ".join(filter(None, [detail, told.junk_in_words]))
    return Ending(status, told.values, detail, line, facts.seconds)


def _name(job: Job, facts: Facts, told: Told) -> tuple[Status, str, int | None]:
    if "start" not in told.messages:
        return "grader_error", "the sandbox could not begin with the answer", None
    place = place_in(facts.words, job.name)
    hung_at = place.line if place else None
    if "forbidden" in told.messages:
        return "forbidden", _text(told, "forbidden"), _line(told, "forbidden")
    if facts.killed == "cpu":
        return "timeout", f"still computing after {job.limits.cpu:g} s", hung_at
    if facts.killed == "asleep" and place and place.current:
        return "blocked_loop", f"waited for real, {job.limits.wall:g} s and longer", hung_at
    if facts.killed in ("wall", "asleep"):
        return "timeout", f"no end after {job.limits.wall:g} s", hung_at
    if facts.killed == "output":
        return "crashed", f"sent more than {job.limits.output} bytes", hung_at
    if "memory" in told.messages:
        needed = f"needed more than {job.limits.memory // 2**20} MiB"
        return "out_of_memory", needed, _line(told, "memory")
    if "exit" in told.messages:
        return "crashed", _text(told, "exit"), _line(told, "exit")
    if "error" in told.messages:
        # An act that breaks before it says anything has met nobody's code but ours. Later the guest's runs in the same
        # process, and may have broken anything there: then it is the guest's end, and never our fault.
        whose: Status = "crashed" if told.values else "grader_error"
        return whose, _text(told, "error"), _line(told, "error")
    return _by_code(job, facts, told, hung_at)


def _by_code(
    job: Job, facts: Facts, told: Told, hung_at: int | None
) -> tuple[Status, str, int | None]:
    if facts.code == 0 and "end" in told.messages:
        return "ended", "", None
    if facts.code >= 0:
        return "crashed", f"exit code {facts.code} before the end", hung_at
    number = -facts.code
    if number in (getattr(signal, "SIGXCPU", None), getattr(signal, "SIGKILL", None)) and (
        facts.cpu >= job.limits.cpu
    ):
        return "timeout", f"still computing after {job.limits.cpu:g} s", hung_at
    return "crashed", f"signal {number}", hung_at


def _text(told: Told, kind: str) -> str:
    return str(_field(told, kind, "text") or "")[:2000]


def _line(told: Told, kind: str) -> int | None:
    line = _field(told, kind, "line")
    return line if type(line) is int and 0 < line < 10**7 else None


def _field(told: Told, kind: str, name: str) -> Any:
    message = told.messages[kind]
    return message.get(name) if isinstance(message, dict) else None
