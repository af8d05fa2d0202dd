"""What the player's page is told of recordings: plain JSON, worked out before anything is drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from ..recording import Moment, Recording, Stall
from ..recording.figures import BURST_WINDOW, gaps
from ..recording.plain import one_line, seconds
from ..recording.screen import Screen
from ..recording.table import Row, rows
from ..recording.words import Line

__all__ = ["Change", "changes", "kind", "long_gaps", "named", "player_data", "sse"]

Change = dict[str, Any]
"""What one event changed in the transcript: `{}`, `{"at": n, "grow": text}` or `{"at": n, "lines": [[role, text]]}`.

`grow` adds text to line n; `lines` are all the lines from n on.
"""

LONG_GAP = 0.1
"""Seconds from which a gap can be felt. One that is also three times the usual gap is marked."""

_KINDS = {
    "progress_update": "progress",
    "thread.item.added": "added",
    "thread.item.done": "done",
    "error": "error",
}
_END = Row("", "", "")
_HALF = re.compile("[\ud800-\udfff]")


def named(recordings: Recording | Mapping[str, Recording]) -> dict[str, Recording]:
    """Give the recordings by name; a single one has the name "".

    Raises `TypeError` for anything else, `ValueError` when there is none.
    """
    found = {"": recordings} if isinstance(recordings, Recording) else recordings
    if not isinstance(found, Mapping) or not all(
        isinstance(entry, Recording) for entry in found.values()
    ):
        raise TypeError(
            'expected a recording, or names with recordings such as {"streaming": recording}, '
            f"but got {one_line(repr(recordings))}. `run(talk(...))` gives a list: take one out of it."
        )
    if not found:
        raise ValueError("expected at least one recording to play, but got none.")
    return {str(name): entry for name, entry in found.items()}


def player_data(recordings: Mapping[str, Recording]) -> dict[str, Any]:
    """Tell recordings in the page's terms: `{"span": seconds, "lanes": [...]}`; all times are seconds."""
    lanes = [_lane(name, recording) for name, recording in recordings.items()]
    return {"span": max((lane["duration"] for lane in lanes), default=0.0), "lanes": lanes}


def kind(event: Mapping[str, Any]) -> str:
    """Name the mark of an event: progress, added, delta, done, error or other."""
    name = event.get("type")
    if name == "thread.item.updated":
        update = event.get("update")
        told = update.get("type") if isinstance(update, dict) else ""
        return "delta" if str(told).endswith(".text_delta") else "other"
    return _KINDS.get(str(name), "other")


def sse(event: Mapping[str, Any]) -> str:
    """Write the event as ChatKit puts it on the wire (chatkit/server.py: `data: ` + JSON + a blank line)."""
    told = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    # Half a surrogate pair cannot be sent to a page, so it stands as the JSON escape that it came as.
    safe = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", told)
    return f"data: {safe}\n\n"


def changes(moments: Iterable[Moment]) -> list[Change]:
    """Tell, event by event, what changed in the transcript: deltas of it, because whole ones would be quadratic."""
    screen, before, found = Screen(), list[Line](), list[Change]()
    for moment in moments:
        screen.apply(moment.event)
        after = screen.lines
        found.append(_change(before, after))
        before = after
    return found


def _change(before: Sequence[Line], after: Sequence[Line]) -> Change:
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    if same == len(before) == len(after):
        return {}
    if len(before) == len(after) and before[same + 1 :] == after[same + 1 :]:
        (old_role, old), (role, new) = before[same], after[same]
        if old_role == role and new.startswith(old):
            return {"at": same, "grow": _sendable(new[len(old) :])}
    return {"at": same, "lines": [[role, _sendable(text)] for role, text in after[same:]]}


def long_gaps(deltas: Sequence[float], stalls: Sequence[Stall]) -> list[tuple[float, float]]:
    """Find the gaps worth a mark: at least 0.1 s and three times the usual, and no stall already."""
    found = gaps(deltas)
    # Within a burst there is no gap to speak of: the usual one is that between the bursts.
    felt = [gap for gap in found if gap > BURST_WINDOW]
    least = max(LONG_GAP, 3 * median(felt)) if felt else 0.0
    known = {stall.start for stall in stalls}
    return [
        (start, end)
        for (start, end), gap in zip(pairwise(deltas), found, strict=True)
        if gap >= least and start not in known
    ]


def _lane(name: str, recording: Recording) -> dict[str, Any]:
    stalls, figures = recording.stalls(), recording.figures
    end = Row(seconds(recording.duration), f"end: {recording.outcome}", "")
    changed = changes(recording)
    return {
        "name": one_line(name, 40) or "recording",
        "outcome": recording.outcome,
        "duration": recording.duration,
        "facts": _facts(recording, stalls),
        "first": recording.first_token,
        "progress": [[line.start, line.end, one_line(line.text)] for line in recording.progress],
        "stalls": [[stall.start, stall.end] for stall in stalls],
        "bursts": [[burst.start, burst.end, burst.deltas] for burst in recording.bursts],
        "gaps": long_gaps(figures.deltas, stalls),
        "events": [
            _event(moment, change) for moment, change in zip(recording, changed, strict=True)
        ],
        "rows": [[_sendable(cell) for cell in row] for row in rows(recording, end)],
    }


def _event(moment: Moment, change: Change) -> dict[str, Any]:
    (row, _) = rows([moment], _END)
    told = {"t": moment.t, "kind": kind(moment.event), "what": row.what, "words": row.words}
    return {**told, "sse": sse(moment.event), "change": change}


def _facts(recording: Recording, stalls: Sequence[Stall]) -> str:
    first = recording.first_token
    parts = [
        f"{recording.outcome} after {seconds(recording.duration)}",
        "no token" if first is None else f"first token {seconds(first)}",
        _count(recording.deltas, "delta"),
    ]
    parts += [f"longest gap {seconds(max(recording.gaps))}"] if recording.gaps else []
    parts += [_count(len(stalls), "stall")] if stalls else []
    parts += [_count(len(recording.bursts), "burst")] if recording.bursts else []
    return ", ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
