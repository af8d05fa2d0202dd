"""The tape of one answer: its events as they come, no more done with each than a scene needs while it is played."""

from __future__ import annotations

from typing import Any

from ..recording.figures import Figures
from ..recording.moment import Moment, exact
from ..recording.outcome import End, Outcome, judge
from ..recording.screen import Screen
from ..recording.stamps import without_stamps
from ..recording.tape import write_lines

__all__ = ["Tape"]


class Tape:
    """Events with their times in seconds since the request was sent.

    A `Recording` takes each event in at once, twice as JSON, and measures it: the judge does that, when all is over.
    """

    def __init__(self) -> None:
        self.deltas = 0
        """Text deltas so far that were not empty."""
        self._moments: list[Moment] = []
        self._end: End | None = None

    def add(self, t: float, event: dict[str, Any]) -> None:
        """Note one event."""
        self._moments.append(Moment(exact(t), event))
        update = event.get("update")
        if event.get("type") == "thread.item.updated" and isinstance(update, dict):
            kind, delta = update.get("type"), update.get("delta")
            if isinstance(kind, str) and kind.startswith("assistant_message."):
                self.deltas += (
                    kind.endswith(".text_delta") and isinstance(delta, str) and delta != ""
                )

    def end(self, t: float, said: Outcome | None = None) -> None:
        """Note the end; the first call counts."""
        self._end = self._end or End(exact(t), said)

    def left(self, t: float) -> None:
        """Note that the reader left: "stopped" in mid-answer, and nothing to say about it after its end, or an error."""
        if self._end is not None:
            return
        screen, figures = Screen(), Figures()
        for moment in self._moments:
            screen.apply(moment.event)
            figures.see(moment.t, moment.event, screen.length)
        seen = judge(figures, End(t, None))
        self.end(t, None if seen in ("done", "error") else "stopped")

    def text(self) -> str:
        """Write it as `Recording.normalised().to_jsonl()` does."""
        plain = (Moment(t, without_stamps(event)) for t, event in self._moments)
        return "".join(f"{line}\n" for line in write_lines(plain, self._end))
