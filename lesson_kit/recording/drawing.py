"""The drawing of recordings on one time axis: an SVG for any width.

Positions across are percentages, so the drawing follows the width of the page while letters and shapes keep their
size. Only the curve and the ticks of the deltas are stretched, each in a frame of its own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from . import marks
from .figures import Figures, bursts
from .outcome import Outcome
from .plain import one_line, seconds

__all__ = ["Track", "draw"]

# Heights in pixels.
NAME, HEAD, LINE, FLAG, CURVE, RUG, SPACE, AXIS = 22, 18, 20, 18, 40, 14, 18, 22


class Track(NamedTuple):
    """One recording to draw; times in seconds."""

    name: str
    figures: Figures
    outcome: Outcome
    duration: float


class Scale(NamedTuple):
    """What all tracks share: seconds across, characters upwards."""

    seconds: float
    characters: int

    def x(self, t: float) -> float:
        """Per cent across."""
        return round(100 * min(1.0, max(0.0, t / self.seconds)), 3)


def draw(tracks: Sequence[Track]) -> str:
    """Draw the tracks, one below the other, as an SVG element with a title and a description."""
    scale = Scale(
        max((track.duration for track in tracks if track.duration > 0), default=1.0),
        max((n for track in tracks for _, n in track.figures.growth), default=1) or 1,
    )
    drawn: list[str] = []
    bottom = 0.0
    for track in tracks:
        part, bottom = _track(track, scale, bottom + SPACE if drawn else 0.0)
        drawn.append(part)
    body = _axis(scale.seconds, bottom) + "".join(drawn)
    names = ", ".join(one_line(track.name, 40) for track in tracks if track.name)
    title = escape(f"Timeline of {names}" if names else "Timeline of one recording")
    about = escape(" ".join(map(_told, tracks)))
    # Ids must differ between the drawings of a page and agree between runs: so they come from the content.
    key = "lk" + hashlib.sha256(f"{title}{about}{body}".encode()).hexdigest()[:10]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{key}t" aria-describedby="{key}d" '
        f'width="100%" height="{bottom + AXIS:g}" font-size="12" fill="currentColor" overflow="visible">'
        f'<title id="{key}t">{title}</title><desc id="{key}d">{about}</desc>{body}</svg>'
    )


def _told(track: Track) -> str:
    figures = track.figures
    name = f"{one_line(track.name, 40)}: " if track.name else ""
    first = f"first token after {seconds(figures.texts[0])}" if figures.texts else "no token"
    counts = f"{len(figures.deltas)} deltas, {len(figures.stalls(track.duration))} stalls"
    return f"{name}{first}, {counts}, {track.outcome} after {seconds(track.duration)}."


def _track(track: Track, scale: Scale, top: float) -> tuple[str, float]:
    """Draw one track from `top` downwards: the SVG, and where it ends."""
    figures, x, parts, y = track.figures, scale.x, [], top
    if track.name:
        name = escape(one_line(track.name, 48))
        parts.append(f'<text y="{y + 13:g}" font-weight="600">{name}</text>')
        y += NAME
    head, lines = y, figures.progress(track.duration)
    y += HEAD
    parts += [marks.bar(x(line.start), x(line.end), y, line.text) for line in lines]
    y += LINE if lines else 0
    flag, y = y, y + (FLAG if figures.texts else 0)
    rug = y + CURVE
    middle, bottom = rug + RUG / 2, rug + RUG
    told = f"{track.outcome} {seconds(track.duration)}"
    parts.append(marks.end(x(track.duration), head, bottom, track.outcome, told))
    steps = [(x(t), 100 * n / scale.characters) for t, n in figures.growth]
    parts.append(marks.curve(steps, x(track.duration), y, CURVE))
    parts.append(marks.ticks(map(x, figures.deltas), rug, RUG))
    for stall in figures.stalls(track.duration):
        words = f"stall {seconds(stall.seconds)}"
        parts.append(marks.stall(x(stall.start), x(stall.end), middle, words))
    found = [(x(burst.start), burst) for burst in bursts(figures.deltas)]
    parts.append(marks.bursts_row(found, middle))
    if figures.texts:
        words = "first token" if figures.deltas else "whole text"
        words += f" {seconds(figures.texts[0])}"
        parts.append(marks.first(x(figures.texts[0]), flag, bottom, words))
    return "".join(parts), bottom


def _axis(total: float, bottom: float) -> str:
    """The time axis under all tracks, with a faint line up from each number."""
    step = _step(total)
    unit, name = (1, "s") if total >= 1 else (1000, "ms")
    line = f'<line x1="0%" x2="100%" y1="{bottom:g}" y2="{bottom:g}" stroke="currentColor" stroke-opacity=".6"/>'
    parts = [line]
    for count in range(int(total / step + 1e-9) + 1):
        x = round(100 * count * step / total, 3)
        side = "start" if x < 2 else "end" if x > 98 else "middle"
        parts.append(
            f'<line x1="{x:g}%" x2="{x:g}%" y1="0" y2="{bottom + 4:g}" stroke="currentColor" stroke-opacity=".16"/>'
            f'<text x="{x:g}%" y="{bottom + 18:g}" text-anchor="{side}" fill-opacity=".8">{count * step * unit:.6g} {name}</text>'
        )
    return "".join(parts)


def _step(total: float) -> float:
    """A round step, 1, 2 or 5 times a power of ten, that gives at most seven numbers."""
    power = 10.0 ** math.floor(math.log10(total / 6))
    return next(power * n for n in (1, 2, 5, 10) if power * n * 6 >= total * 0.999999)
