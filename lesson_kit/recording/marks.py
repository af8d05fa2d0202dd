"""The marks of a timeline, each as a piece of SVG.

Positions across (`x`) are per cent of the drawing's width, positions down (`y`) are pixels. Every colour has a contrast
of 3:1 or more on white and on dark grounds alike, so no theme needs to be guessed; letters and axes take the page's own
colour. No colour carries a meaning alone: each mark has a shape of its own, and a word in the legend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from .figures import Burst
from .outcome import Outcome
from .plain import one_line

__all__ = [
    "COLOURS",
    "GROUNDS",
    "bar",
    "bursts_row",
    "curve",
    "end",
    "first",
    "glyph",
    "stall",
    "ticks",
]

COLOURS = {
    "delta": "#2f80d8",
    "first token": "#14908a",
    "progress": "#9a63d6",
    "burst": "#c8690f",
    "stall": "#dc4040",
}
GROUNDS = ("#ffffff", "#111111", "#1e1e1e")
"""The page grounds that the colours were chosen for: light, JupyterLab dark, VS Code dark."""

# Shapes around (0, 0), about 12 pixels wide: drawn with a line, and filled where they are closed.
_SHAPES: dict[str, str] = {
    "done": "M-5 0L-1.5 4L5.5-4.5",  # a tick
    "stopped": "M-4.5-4.5H4.5V4.5H-4.5Z",  # a square, as on a stop button
    "error": "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",  # a cross
    "stalled": "M-4.5-5H4.5L-4.5 5H4.5Z",  # an hourglass
    "cut": "M-4.5 5L-.5-5M.5 5L4.5-5",  # a broken line
    "open": "M-5 0H-4M-.5 0H.5M4 0H5",  # three dots
    "delta": "M0-5V5",
    "first token": "M-4-5L5-1.5L-4 2ZM-4-5V6",  # a flag
    "burst": "M0-5L5 0L0 5L-5 0Z",  # a diamond
    "stall": "M-6-4V4M-2-4V4M2-4V4M6-4V4",  # stripes
    "progress": "M-7-4H7V4H-7Z",
}
_FILLED = frozenset({"stopped", "stalled", "first token", "burst"})


def glyph(name: str) -> str:
    """A shape around (0, 0): one of the marks, or an outcome in the page's own colour."""
    colour = COLOURS.get(name, "currentColor")
    fill = colour if name in _FILLED else "none"
    return (
        f'<path d="{_SHAPES[name]}" fill="{fill}" stroke="{colour}" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _at(x: float, y: float, drawn: str) -> str:
    return f'<svg x="{x:g}%" y="{y:g}" overflow="visible">{drawn}</svg>'


def _label(x: float, y: float, text: str, side: str, away: float) -> str:
    """Text beside a mark: `side` is start (to the right of x), end (to the left) or middle."""
    shift = {"start": away, "end": -away, "middle": 0.0}[side]
    shown = f'<text x="{shift:g}" text-anchor="{side}">{escape(text)}</text>'
    return _at(x, y, shown)


def _upright(x: float, top: float, bottom: float, look: str) -> str:
    return f'<line x1="{x:g}%" x2="{x:g}%" y1="{top:g}" y2="{bottom:g}" {look}/>'


def end(x: float, y: float, bottom: float, outcome: Outcome, told: str) -> str:
    """The end of a stream: its outcome as a shape and a word, over a line down to the deltas."""
    side = "end" if x > 40 else "start"
    look = 'stroke="currentColor" stroke-opacity=".55"'
    return (
        _upright(x, y + 12, bottom, look)
        + _at(x, y + 3, glyph(outcome))
        + _label(x, y + 7, told, side, 11)
    )


def bar(x: float, until: float, y: float, text: str) -> str:
    """A progress line over the span in which it stood, with as much of its text as fits."""
    width, colour = max(until - x, 0.4), COLOURS["progress"]
    label = ""
    if width >= 5:
        shown = escape(one_line(text, 80))
        # A frame of its own cuts the text off at the end of the bar.
        label = f'<svg x="{x:g}%" y="{y:g}" width="{width:g}%" height="16"><text x="6" y="12">{shown}</text></svg>'
    return (
        f'<rect x="{x:g}%" y="{y:g}" width="{width:g}%" height="16" rx="3" '
        f'fill="{colour}" fill-opacity=".16" stroke="{colour}"/>{label}'
    )


def curve(steps: Sequence[tuple[float, float]], until: float, y: float, height: float) -> str:
    """The text's growth as a stair: (per cent across, per cent up), last held to `until`."""
    if not steps:
        return ""
    path, x, level = f"M{steps[0][0] * 10:.0f} 100", "", ""
    for across, up in steps:
        here, there = f"{across * 10:.0f}", f"{100 - up:.4g}"
        # Many deltas can fall on one pixel: only the last of them needs a corner.
        path += "" if here == x else f"{level}H{here}"
        x, level = here, f"V{there}"
    path += f"{level}H{until * 10:.0f}"
    colour = COLOURS["delta"]
    drawn = (
        f'<path d="{path}V100Z" fill="{colour}" fill-opacity=".14"/>'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" vector-effect="non-scaling-stroke"/>'
    )
    return _stretched(y, height, drawn)


def ticks(xs: Iterable[float], y: float, height: float) -> str:
    """One upright tick per delta; deltas on the same pixel share one, so 5,000 stay a small picture."""
    places = dict.fromkeys(f"{x * 10:.0f}" for x in xs)
    if not places:
        return ""
    path = "".join(f"M{place} 0V100" for place in places)
    look = f'stroke="{COLOURS["delta"]}" stroke-width="1.5" vector-effect="non-scaling-stroke"'
    return _stretched(y, height, f'<path d="{path}" fill="none" {look}/>')


def _stretched(y: float, height: float, drawn: str) -> str:
    return (
        f'<svg y="{y:g}" width="100%" height="{height:g}" viewBox="0 0 1000 100" '
        f'preserveAspectRatio="none" overflow="visible">{drawn}</svg>'
    )


def bursts_row(found: Sequence[tuple[float, Burst]], y: float) -> str:
    """A diamond per burst, with its number of deltas where all of them have room for it."""
    parts, free = [], -100.0
    roomy = all(later[0] - earlier[0] >= 7 for earlier, later in pairwise(found))
    for x, burst in found:
        if x - free < 1:
            continue  # on top of the last one
        parts.append(_at(x, y, glyph("burst")))
        if roomy and (x < 95 or x - free >= 14):  # at the right edge the number stands on the left
            parts.append(_label(x, y + 4, f"×{burst.deltas}", "start" if x < 95 else "end", 8))
        free = x
    return "".join(parts)


def stall(x: float, until: float, y: float, told: str) -> str:
    """A silence as a striped bar between two posts, with its length in words where they fit."""
    look = f'stroke="{COLOURS["stall"]}"'
    stripes = (
        f'<line x1="{x:g}%" x2="{until:g}%" y1="{y:g}" y2="{y:g}" {look} '
        'stroke-width="8" stroke-dasharray="2 4"/>'
    )
    posts = "".join(_upright(post, y - 7, y + 7, f'{look} stroke-width="2"') for post in (x, until))
    words = _label((x + until) / 2, y - 11, told, "middle", 0) if until - x >= 15 else ""
    return stripes + posts + words


def first(x: float, y: float, bottom: float, told: str) -> str:
    """The first token as a flag on a line, with its time."""
    side = "end" if x >= 32 else "start"
    look = f'stroke="{COLOURS["first token"]}" stroke-width="2"'
    flag = f'<g transform="translate(4 6)">{glyph("first token")}</g>'
    away = 6 if side == "end" else 14
    return _upright(x, y, bottom, look) + _at(x, y, flag) + _label(x, y + 11, told, side, away)
