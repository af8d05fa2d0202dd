"""The summary: a recording told in a few lines of text, the same on every run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

from .figures import Burst, Failure, Figures, Progress, Stall, bursts, gaps
from .outcome import Outcome
from .plain import cut, one_line, plain, seconds
from .words import Line

__all__ = ["summary", "typical_gap"]

T = TypeVar("T")

ROOM = 600
"""Characters of one transcript entry that are shown."""
MANY = 5
"""Stalls, bursts, progress lines, errors or transcript entries that are told one by one."""
_INDENT = " " * 13


def summary(figures: Figures, outcome: Outcome, duration: float, lines: Sequence[Line]) -> str:
    """Tell a recording in one block of text: the outcome first, the transcript last."""
    characters = figures.growth[-1][1] if figures.growth else 0
    rows = [
        ("outcome", [f"{outcome} after {seconds(duration)}"]),
        ("first token", [seconds(figures.texts[0]) if figures.texts else "never came"]),
        ("deltas", [f"{len(figures.deltas)} ({characters} characters)"]),
        ("gaps", [typical_gap(figures.deltas)]),
        ("stalls", _told(figures.stalls(duration), _stall)),
        ("bursts", _told(bursts(figures.deltas), _burst)),
        ("progress", _told(figures.progress(duration), _progress)),
        ("errors", _told(figures.errors, _failure)),
    ]
    told = [f"{name:<12} " + f"\n{_INDENT}".join(each) for name, each in rows if each]
    return "\n".join([*told, *_transcript(lines)])


def typical_gap(deltas: Sequence[float]) -> str:
    """Tell the middle and the longest gap between deltas."""
    found = gaps(deltas)
    if not found:
        return "none"
    return f"median {seconds(median(found))}, longest {seconds(max(found))}"


def _told(found: Sequence[T], tell: Callable[[T], str]) -> list[str]:
    more = [f"and {len(found) - MANY} more"] if len(found) > MANY else []
    return [*map(tell, found[:MANY]), *more]


def _stall(stall: Stall) -> str:
    behind = f' behind "{one_line(stall.shown, 40)}"' if stall.shown else ""
    return f"{seconds(stall.seconds)} from {seconds(stall.start)}{behind}"


def _burst(burst: Burst) -> str:
    return f"{burst.deltas} deltas at {seconds(burst.start)}"


def _progress(line: Progress) -> str:
    icon = f" ({one_line(line.icon, 30)})" if line.icon else ""
    return f'{seconds(line.start)} to {seconds(line.end)} "{one_line(line.text, 40)}"{icon}'


def _failure(failure: Failure) -> str:
    told = one_line(failure.message or failure.code, 60) or "no reason given"
    return f"{told} at {seconds(failure.t)}, {'may' if failure.allow_retry else 'no'} retry"


def _transcript(lines: Sequence[Line]) -> list[str]:
    if not lines:
        return ["transcript   empty"]
    told = ["transcript", *(_entry(line) for line in lines[:MANY])]
    return told + ([f"  and {len(lines) - MANY} more"] if len(lines) > MANY else [])


def _entry(line: Line) -> str:
    role, text = line
    shown = cut(plain(text), ROOM).replace("\n", f"\n{_INDENT}")
    # An empty line stays empty: trailing spaces would not survive an editor's clean-up of committed outputs.
    return "\n".join(row.rstrip() for row in f"  {role:<10} {shown}".split("\n"))
