"""The chart of recordings: a drawing, with tables that say the same in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Protocol

from . import marks
from .drawing import Track, draw
from .figures import Figures, bursts, gaps
from .moment import Moment
from .outcome import Outcome
from .plain import one_line, seconds
from .summary import typical_gap
from .table import Row, rows

__all__ = ["Recorded", "Timeline", "timeline"]

_STYLE = files(__package__).joinpath("chart.css").read_text(encoding="utf-8")
# JupyterLab shows the committed outputs of a notebook that nobody has run yet without their styles and SVG tags, but
# with every word that stood in the SVG. So drawing and legend are hidden, and the style shows them, where it is kept.
# (An empty `hidden` is taken out there, too: it needs a value.)
_UNTRUSTED = '<p class="lk-untrusted"><i>Run this cell to see the drawing.</i></p>'
_HEAD = ("name", "first token", "last token", "deltas", "longest gap", "outcome")


class Recorded(Protocol):
    """What a timeline reads of a recording."""

    @property
    def figures(self) -> Figures: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def duration(self) -> float: ...
    def __iter__(self) -> Iterator[Moment]: ...


def timeline(recordings: Mapping[str, Recorded]) -> Timeline:
    """Put recordings side by side on one time axis: a picture in a notebook, a table as text.

    Raises `TypeError` when it is not given names with recordings.
    """
    if not isinstance(recordings, Mapping):
        raise TypeError(
            f'expected names with recordings, such as {{"streaming": recording}}, but got '
            f"{type(recordings).__name__}."
        )
    return Timeline(recordings)


class Timeline:
    """Recordings on one time axis; put it last in a cell to see it, `print` it for the table."""

    def __init__(self, recordings: Mapping[str, Recorded]) -> None:
        self._recordings = dict(recordings)

    def __repr__(self) -> str:
        return f"<Timeline of {len(self._recordings)} recording(s)>"

    def __str__(self) -> str:
        lines = [_HEAD, *self._figures()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = (
            (cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )
        return "\n".join("  ".join(line).rstrip() for line in padded)

    def _repr_html_(self) -> str:
        tracks = [
            Track(name, recording.figures, recording.outcome, recording.duration)
            for name, recording in self._recordings.items()
        ]
        table = (
            _table("Figures", _HEAD, self._figures(), "lk-figures") if any(self._recordings) else ""
        )
        events = "".join(_events(name, recording) for name, recording in self._recordings.items())
        return (
            f'<div class="lk-chart"><style>{_STYLE}</style>{_caption(tracks)}{_UNTRUSTED}'
            f'<div class="lk-plot" hidden="hidden">{draw(tracks)}</div>{_legend(tracks)}{table}{events}</div>'
        )

    def _figures(self) -> list[tuple[str, ...]]:
        return [_line(name, recording) for name, recording in self._recordings.items()]


def _line(name: str, recording: Recorded) -> tuple[str, ...]:
    figures = recording.figures
    first, last = (figures.texts[0], figures.texts[-1]) if figures.texts else (None, None)
    found = gaps(figures.deltas)
    return (
        one_line(name, 40),
        "never" if first is None else seconds(first),
        "never" if last is None else seconds(last),
        str(len(figures.deltas)),
        seconds(max(found)) if found else "none",
        f"{recording.outcome} {seconds(recording.duration)}",
    )


def _caption(tracks: Sequence[Track]) -> str:
    """The figures of a single recording in one line; several have a table instead."""
    if len(tracks) != 1 or tracks[0].name:
        return ""
    figures = tracks[0].figures
    first = seconds(figures.texts[0]) if figures.texts else "never"
    facts = (
        ("first token", first),
        ("deltas", str(len(figures.deltas))),
        ("gaps", typical_gap(figures.deltas)),
    )
    return (
        '<p class="lk-facts">'
        + " ".join(f"<span>{name} <b>{told}</b></span>" for name, told in facts)
        + "</p>"
    )


def _legend(tracks: Sequence[Track]) -> str:
    """The marks that occur, each with its word."""
    occurs = {
        "progress": any(track.figures.progress(track.duration) for track in tracks),
        "first token": any(track.figures.texts for track in tracks),
        "delta": any(track.figures.deltas for track in tracks),
        "burst": any(bursts(track.figures.deltas) for track in tracks),
        "stall": any(track.figures.stalls(track.duration) for track in tracks),
    }
    words = {
        "progress": "progress line",
        "delta": "text delta, and above it the text so far",
        "burst": "burst: at least 3 deltas, each within 1 ms of the last",
        "stall": "stall: 2 s or more without text",
    }
    keys = "".join(
        f'<span><svg viewBox="-9 -8 18 16" width="18" height="16" aria-hidden="true">{marks.glyph(name)}</svg> '
        f"{words.get(name, name)}</span>"
        for name, there in occurs.items()
        if there
    )
    return f'<p class="lk-legend" hidden="hidden">{keys}</p>' if keys else ""


def _events(name: str, recording: Recorded) -> str:
    end = Row(seconds(recording.duration), f"end: {recording.outcome}", "")
    if recording.outcome == "open":
        end = Row(seconds(recording.duration), "not ended yet", "")
    told = f"Events of {one_line(name, 40)}" if name else "Events"
    table = _table(told, ("time", "event", "words"), rows(recording, end), "lk-events")
    return f"<details><summary>{escape(told)} as a table</summary>{table}</details>"


def _table(caption: str, head: Sequence[str], lines: Sequence[Sequence[str]], kind: str) -> str:
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    # dir="auto" per cell: text that runs from right to left does so within its own cell.
    body = "".join(
        "<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in line) + "</tr>"
        for line in lines
    )
    return (
        f'<div class="lk-scroll {kind}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
