"""The tape: a recording as JSON lines.

    {"format":"lesson-kit.recording","version":1}
    {"event":{"type":"progress_update",...},"t":0.0}
    {"event":{"type":"thread.item.updated",...},"t":1.05}
    {"end":{"outcome":null,"t":3.05}}

The first line says what the file is. Then one moment a line, times in seconds, none before the one above. The last line
tells when the stream ended and what was said about it (`null`: nothing); a stream that is still open has none.
The form is canonical (sorted keys, no spaces, ASCII, times exact to the nanosecond): equal recordings give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .moment import Moment, exact, parse
from .outcome import OUTCOMES, End
from .plain import one_line

__all__ = ["FORMAT", "VERSION", "RecordingError", "read_lines", "write_lines"]

FORMAT = "lesson-kit.recording"
VERSION = 1
LONGEST = 1e9
"""Seconds, some thirty years. Further on a float cannot hold nanoseconds, and is no time of a stream."""
_HEADER = f'{{"format":"{FORMAT}","version":{VERSION}}}'
# ASCII, so that half a surrogate pair or a mark that turns text around stays visible and harmless in the file. One for
# all lines: `json.dumps` makes an encoder for each.
_dump = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class RecordingError(ValueError):
    """A file or a text is no recording; `line` counts from 1."""

    def __init__(self, line: int, expected: str, came: str, advice: str = "") -> None:
        self.line, self.expected, self.came = line, expected, came
        advice = (
            advice or "Record again, or restore the file: nothing after this line can be trusted."
        )
        super().__init__(f"line {line}: expected {expected}, but came {came}. {advice}")


def write_lines(moments: Iterable[Moment], end: End | None) -> Iterator[str]:
    """Yield the lines of a recording, without line feeds."""
    yield _HEADER
    for t, event in moments:
        yield _dump({"t": t, "event": event})
    if end:
        yield _dump({"end": {"t": end.t, "outcome": end.said}})


def read_lines(data: bytes) -> tuple[list[Moment], End | None, bool]:
    """Read what `write_lines` wrote: the moments, the end, and whether the last line was cut off.

    A last line without a line feed that does not parse is what a killed writer leaves: it is left out, and said.
    Raises `RecordingError` for everything else that is not canonical in substance (spacing and order of keys are free).
    """
    *whole, rest = data.split(b"\n")
    truncated = False
    if rest and (_is_json(rest) or not rest.startswith(b"{") or not whole):
        whole.append(rest)
    elif rest:
        truncated = True
    _check_header(whole[0] if whole else b"")
    moments: list[Moment] = []
    end: End | None = None
    for number, line in enumerate(whole[1:], start=2):
        if end:
            raise RecordingError(number, "nothing after the end line", _show(line))
        moment_or_end = _read(number, line, moments[-1].t if moments else 0.0)
        if isinstance(moment_or_end, End):
            end = moment_or_end
        else:
            moments.append(moment_or_end)
    return moments, end, truncated


def _check_header(line: bytes) -> None:
    try:
        header = parse(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        advice = "This is no recording; write one with Recording.save()."
        raise RecordingError(1, _HEADER, _show(line), advice)
    if header.get("version") != VERSION:
        advice = "Another release of lesson_kit wrote it; install that one, or record again."
        raise RecordingError(
            1, f"version {VERSION}", f"version {_show(header.get('version'))}", advice
        )


def _read(number: int, line: bytes, earliest: float) -> Moment | End:
    try:
        value = parse(line)
    except ValueError as error:
        raise RecordingError(number, "one JSON object", f"{_show(line)} ({error})") from None
    if isinstance(value, dict):
        end, event = value.get("end"), value.get("event")
        if isinstance(end, dict) and "t" in end:
            outcome = end.get("outcome")
            if outcome is not None and (outcome not in OUTCOMES or outcome == "open"):
                named = ", ".join(name for name in OUTCOMES if name != "open")
                raise RecordingError(number, f"an outcome out of {named}, or null", _show(outcome))
            return End(_time(number, end["t"], earliest), outcome)
        if isinstance(event, dict) and "t" in value:
            return Moment(_time(number, value["t"], earliest), event)
    raise RecordingError(number, '{"event":{...},"t":seconds} or {"end":{...}}', _show(line))


def _time(number: int, t: Any, earliest: float) -> float:
    if type(t) not in (int, float) or not 0 <= t <= LONGEST:
        raise RecordingError(number, "a time in seconds, 0 or more", _show(t))
    if exact(t) < earliest:
        raise RecordingError(number, f"a time not before {earliest!r} s, the line above", _show(t))
    return exact(t)


def _is_json(line: bytes) -> bool:
    try:
        parse(line)
    except ValueError:
        return False
    return True


def _show(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
    return one_line(text, 60) or "an empty line"
