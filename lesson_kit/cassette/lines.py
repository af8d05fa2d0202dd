"""The tape of a cassette: takes as JSON lines, without secrets.

    {"format":"lesson-kit.cassette","version":1}
    {"call":1}
    {"reasoning":"Let me see.","t":0.5}
    {"t":1.0,"text":"Hello"}
    {"arguments":"{}","call_id":"call-1","tool":"search"}
    {"end":"done","t":1.05,"usage":[4,1]}

The first line says what the file is. Each call of the model begins with its number and closes with an `end` line; in
between stand its deltas with their times, in seconds after the call. Sorted keys, no spaces, ASCII: equal cassettes
give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..recording import RecordingError
from ..recording.moment import exact, parse
from ..recording.plain import one_line
from ..recording.tape import LONGEST
from ..script import ToolCall
from .fault import Fault
from .redact import mask, mask_all, mask_pieces
from .replay import reply
from .take import ENDINGS, SPEECH, Piece, Take

__all__ = ["FORMAT", "VERSION", "CassetteError", "read_lines", "write_lines"]

FORMAT = "lesson-kit.cassette"
VERSION = 1
_HEADER = {"format": FORMAT, "version": VERSION}
_LINES = '{"call":1}, {"text":"...","t":seconds}, {"tool":"...",...} or {"end":"done","t":seconds}'


class CassetteError(RecordingError):
    """A file or a text is no cassette; `line` counts from 1."""


def write_lines(takes: Sequence[Take]) -> Iterator[str]:
    """Yield the lines of a cassette, without line feeds, with what looks like a key masked."""
    yield _dump(_HEADER)
    for number, take in enumerate(takes, 1):
        yield _dump(
            {"call": number} | ({} if take.asked is None else {"asked": mask_all(take.asked)})
        )
        yield from map(_dump, _pieces(take))
        for call in take.calls:
            yield _dump(
                {"tool": call.name, "arguments": mask(str(call.arguments)), "call_id": call.call_id}
            )
        yield _dump(_end(take))


def _pieces(take: Take) -> Iterator[dict[str, Any]]:
    masked = {kind: iter(mask_pieces(take.words(kind))) for kind in SPEECH}
    for piece in take.pieces:
        yield {"t": piece.t, piece.kind: next(masked[piece.kind])}


def _end(take: Take) -> dict[str, Any]:
    end: dict[str, Any] = {"end": take.ending, "t": take.t}
    if take.fault:
        end |= {"error": take.fault.name, "message": mask(take.fault.message)}
    optional = {"usage": take.usage, "item_id": take.item_id, "left_out": take.left_out}
    return end | {name: value for name, value in optional.items() if value}


def _dump(line: dict[str, Any]) -> str:
    return json.dumps(line, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_lines(data: bytes) -> list[Take]:
    """Read what `write_lines` wrote. Raises `CassetteError` for all else, a file that was cut off included."""
    lines = data.removesuffix(b"\n").split(b"\n")
    if _object(1, lines[0], _dump(_HEADER)) != _HEADER:
        advice = "This is no cassette of this release; write one with Cassette.save()."
        raise CassetteError(1, _dump(_HEADER), _show(lines[0]), advice)
    takes: list[Take] = []
    is_open = False
    for number, line in enumerate(lines[1:], 2):
        value = _object(number, line, _LINES)
        if not is_open:
            takes.append(_begin(number, value, len(takes) + 1))
            is_open = True
        else:
            is_open = not _fill(takes[-1], number, value)
    if is_open:
        raise CassetteError(len(lines) + 1, 'the call\'s line {"end":...}', "the end of the file")
    return takes


def _object(number: int, line: bytes, expected: str) -> dict[str, Any]:
    try:
        value = parse(line)
    except ValueError as error:
        raise CassetteError(number, expected, f"{_show(line)} ({error})") from None
    if not isinstance(value, dict):
        raise CassetteError(number, expected, _show(line))
    return value


def _begin(number: int, value: dict[str, Any], call: int) -> Take:
    if type(value.get("call")) is not int or value["call"] != call:
        raise CassetteError(number, f'{{"call":{call}}}, where a call begins', _show(value))
    return Take(asked=value.get("asked"))


def _fill(take: Take, number: int, value: dict[str, Any]) -> bool:
    """Add one line to a take, and tell whether it was the last."""
    match value:
        case {"end": ending, "t": t, **rest}:
            if ending not in ENDINGS:
                raise CassetteError(number, f"an end out of {', '.join(ENDINGS)}", _show(ending))
            take.ending, take.t = ending, _time(take, number, t)
            _close(take, number, rest)
            return True
        case {"tool": str(name), "arguments": str(arguments)}:
            try:
                take.calls.append(ToolCall(name, arguments, call_id=value.get("call_id")))
            except TypeError as error:
                raise CassetteError(
                    number, "a call of a tool", f"{_show(value)} ({error})"
                ) from None
        case {"t": t}:
            kinds = [kind for kind in SPEECH if isinstance(value.get(kind), str)]
            if len(kinds) != 1:
                raise CassetteError(number, _LINES, _show(value))
            take.pieces.append(Piece(_time(take, number, t), kinds[0], value[kinds[0]]))
        case _:
            raise CassetteError(number, _LINES, _show(value))
    return False


def _close(take: Take, number: int, rest: dict[str, Any]) -> None:
    match rest.get("usage"):
        case None:
            pass
        case [int(), int()] as usage:
            take.usage = (usage[0], usage[1])
        case other:
            raise CassetteError(number, "usage as two counts of tokens, [in, out]", _show(other))
    if (take.ending == "error") != isinstance(rest.get("error"), str):
        raise CassetteError(number, 'the name of an error with "end":"error" only', _show(rest))
    if take.ending == "error":
        take.fault = Fault(rest["error"], str(rest.get("message", "")))
    take.item_id = rest.get("item_id")
    left_out = rest.get("left_out", [])
    take.left_out = [str(kind) for kind in left_out] if isinstance(left_out, list) else []
    try:
        reply(take)  # the script's own rules: whole characters, counts that are none below 0, ...
    except (TypeError, ValueError) as error:
        raise CassetteError(
            number, "a call that a script can say", one_line(str(error), 120)
        ) from None


def _time(take: Take, number: int, t: Any) -> float:
    earliest = take.pieces[-1].t if take.pieces else 0.0
    if type(t) not in (int, float) or not 0 <= t <= LONGEST:
        raise CassetteError(number, "a time in seconds, 0 or more", _show(t))
    if exact(t) < earliest:
        raise CassetteError(number, f"a time not before {earliest!r} s, the delta above", _show(t))
    return exact(t)


def _show(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
    return one_line(text, 60) or "an empty line"
