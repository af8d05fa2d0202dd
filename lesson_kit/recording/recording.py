"""A recording of one stream: every event with its time, folded into what the user saw."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .chart import Timeline
from .figures import (
    BURST_WINDOW,
    STALL_LIMIT,
    Burst,
    Failure,
    Figures,
    Progress,
    Stall,
    bursts,
    gaps,
)
from .moment import Event, Moment, as_wire, exact
from .outcome import OUTCOMES, End, Outcome, judge
from .screen import Screen
from .stamps import without_stamps
from .summary import summary
from .tape import LONGEST, read_lines, write_lines
from .whole import write_whole
from .words import Line

__all__ = ["Recording"]


class Recording:
    """The moments of one stream, and what follows from them.

    Fill it with `add(t, event)`, close it with `end(t)`. All times are seconds since the request was sent. It can be
    read while it grows; each property shows the state so far. `len`, iteration and `[i]` give the moments.

    Two recordings are equal when their moments and their ends are.
    """

    __hash__ = None  # type: ignore[assignment]  # it grows, so it cannot be a key

    def __init__(self, moments: Iterable[tuple[float, BaseModel | Mapping[str, Any]]] = ()) -> None:
        self._moments: list[Moment] = []
        self._end: End | None = None
        self._figures = Figures()
        self._screen = Screen()
        self._past = (0, Screen())  # where text_at stands: moments applied, screen after them
        self.truncated = False
        """Whether the file that this was loaded from broke off in its last line."""
        for t, event in moments:
            self.add(t, event)

    # --- filling ---

    def add(self, t: float, event: BaseModel | Mapping[str, Any]) -> None:
        """Record an event that came `t` seconds after the request: a chatkit event model, or its dict.

        Raises `ValueError` for a time that is no time or lies before the last one, or after `end`; `TypeError` for
        what is no event.
        """
        wire = as_wire(event)
        if self._end:
            raise ValueError(
                f"expected no event after the end at {self._end.t!r} s, but one came at {t!r} s. "
                "Record the next stream in a Recording of its own."
            )
        self._take(Moment(self._checked(t), wire))

    def _take(self, moment: Moment) -> None:
        self._moments.append(moment)
        self._screen.apply(moment.event)
        self._figures.see(moment.t, moment.event, self._screen.length)

    def end(self, t: float, outcome: Outcome | None = None) -> None:
        """Note that the stream ended at `t` seconds; the first call counts, later ones change nothing.

        Name the outcome where you know it and the events cannot: "stopped" when the user closed the connection, "cut"
        when the far side did. Without it the events decide (see `lesson_kit.recording.outcome`).
        """
        if outcome is not None and (outcome not in OUTCOMES or outcome == "open"):
            named = ", ".join(name for name in OUTCOMES if name != "open")
            raise ValueError(f"expected an outcome out of {named}, or None, but got {outcome!r}.")
        # A client calls this from a `finally` too, after the stream has told its own end.
        self._end = self._end or End(self._checked(t), outcome)

    def _checked(self, t: float) -> float:
        last = self._moments[-1].t if self._moments else 0.0
        # `not (a <= b)` and not `a > b`: NaN fails every comparison.
        if not (0 <= t <= LONGEST) or exact(t) < last:
            raise ValueError(
                f"expected a time in seconds, not before the last moment at {last!r} s, but got {t!r}. "
                "Take times from one clock: asyncio.get_running_loop().time(), minus its value at the start."
            )
        return exact(t)

    # --- moments ---

    @property
    def moments(self) -> list[Moment]:
        """A copy of the list of moments."""
        return list(self._moments)

    def __len__(self) -> int:
        return len(self._moments)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)

    def __getitem__(self, place: int) -> Moment:
        return self._moments[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recording):
            return NotImplemented
        return self._moments == other._moments and self._end == other._end

    # --- what the user saw ---

    @property
    def transcript(self) -> list[Line]:
        """All that could be read at the end: (role, text), top to bottom.

        Roles: user, assistant, workflow, widget, image, question, notice, error.
        """
        return self._screen.lines

    @property
    def text(self) -> str:
        """The assistant's text as it stands; messages are separated by a blank line."""
        return self._screen.text

    def text_at(self, t: float) -> str:
        """The assistant's text as it stood at `t` seconds, events at `t` included."""
        wanted = bisect_right(self._moments, t, key=lambda moment: moment.t)
        if wanted == len(self._moments):
            return self._screen.text
        applied, screen = self._past
        if (
            wanted < applied
        ):  # a walk forward in time goes on from where it was; only a step back starts anew
            applied, screen = 0, Screen()
        for moment in self._moments[applied:wanted]:
            screen.apply(moment.event)
        self._past = (wanted, screen)
        return screen.text

    @property
    def items(self) -> list[Event]:
        """The thread items as they stand, as JSON objects."""
        return self._screen.items

    # --- figures, all in seconds ---

    @property
    def figures(self) -> Figures:
        """The figures that the properties below read."""
        return self._figures

    @property
    def outcome(self) -> Outcome:
        """done, stopped, error, stalled, cut, or open while it has not ended; the rules are in `outcome.py`."""
        return judge(self._figures, self._end)

    @property
    def duration(self) -> float:
        """Seconds from the request to the end, or to the last moment while it is open."""
        if self._end:
            return self._end.t
        return self._moments[-1].t if self._moments else 0.0

    @property
    def deltas(self) -> int:
        """How many non-empty text deltas came."""
        return len(self._figures.deltas)

    @property
    def first_token(self) -> float | None:
        """Seconds until assistant text first showed, as a delta or as a whole message; None if it never did."""
        return self._figures.texts[0] if self._figures.texts else None

    @property
    def last_token(self) -> float | None:
        """Seconds until assistant text last grew; None if it never did."""
        return self._figures.texts[-1] if self._figures.texts else None

    @property
    def gaps(self) -> list[float]:
        """Seconds between each text delta and the one before."""
        return gaps(self._figures.deltas)

    @property
    def bursts(self) -> list[Burst]:
        """Runs of at least three deltas, each at most 1 ms after the one before."""
        return self.bursts_within(BURST_WINDOW)

    def bursts_within(self, window: float) -> list[Burst]:
        """Runs of at least three deltas, each at most `window` seconds after the one before."""
        return bursts(self._figures.deltas, window)

    def stalls(self, limit: float = STALL_LIMIT) -> list[Stall]:
        """Silences of at least `limit` seconds in the text; what counts is told in `Figures.stalls`."""
        return self._figures.stalls(self.duration, limit)

    @property
    def progress(self) -> list[Progress]:
        """The progress lines: each stands until the next one, or until assistant text replaces it."""
        return self._figures.progress(self.duration)

    @property
    def errors(self) -> list[Failure]:
        """The error events, in order."""
        return list(self._figures.errors)

    # --- shown ---

    def __repr__(self) -> str:
        return f"<Recording: {len(self)} events, {self.outcome}>"

    def __str__(self) -> str:
        return summary(self._figures, self.outcome, self.duration, self.transcript)

    def _repr_html_(self) -> str:
        return Timeline({"": self})._repr_html_()

    # --- on disk ---

    def normalised(self) -> Recording:
        """A copy in which wall-clock stamps are constant, so that the same script gives the same bytes."""
        copy = Recording()
        for t, event in self._moments:
            copy._take(Moment(t, without_stamps(event)))
        copy._end, copy.truncated = self._end, self.truncated
        return copy

    def to_jsonl(self) -> str:
        """The canonical text of this recording, one JSON object a line (see `lesson_kit.recording.tape`)."""
        return "".join(f"{line}\n" for line in write_lines(self._moments, self._end))

    @classmethod
    def from_jsonl(cls, data: bytes | str) -> Recording:
        """Read what `to_jsonl` wrote; raises `RecordingError` with the line, what was expected and what came."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        moments, end, truncated = read_lines(raw)
        recording = cls()
        recording.truncated = truncated
        for moment in moments:
            recording._take(moment)
        recording._end = end
        return recording

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to a file, whole or not at all."""
        write_whole(path, self.to_jsonl())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recording:
        """Read a file that `save` wrote; raises `RecordingError` as `from_jsonl` does, `OSError` as `open` does."""
        return cls.from_jsonl(Path(path).read_bytes())
