"""The figures of a stream: first token, gaps, bursts, stalls, progress lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from .moment import Event, exact
from .words import word

__all__ = [
    "BURST_WINDOW",
    "STALL_LIMIT",
    "Burst",
    "Failure",
    "Figures",
    "Progress",
    "Stall",
    "bursts",
    "gaps",
]

STALL_LIMIT = 2.0
"""Seconds without new text that count as a stall."""
BURST_WINDOW = 0.001
"""Seconds between two deltas that still count as one burst: the eye sees them arrive together."""
BURST_SIZE = 3
"""Deltas that make a burst. Two may meet by chance."""


class Progress(NamedTuple):
    """A progress line and the span in which it stood on the screen, in seconds."""

    start: float
    end: float
    icon: str | None
    text: str


class Burst(NamedTuple):
    """A run of deltas that came as good as together, in seconds."""

    start: float
    end: float
    deltas: int


class Stall(NamedTuple):
    """A span without new text, in seconds, with the progress line that stood meanwhile ("" if none did)."""

    start: float
    end: float
    shown: str

    @property
    def seconds(self) -> float:
        return exact(self.end - self.start)


class Failure(NamedTuple):
    """An error event as the user met it, with its time in seconds."""

    t: float
    code: str
    message: str
    allow_retry: bool


def gaps(times: Sequence[float]) -> list[float]:
    """Seconds between each delta and the one before."""
    return [exact(later - earlier) for earlier, later in pairwise(times)]


def bursts(times: Sequence[float], window: float = BURST_WINDOW) -> list[Burst]:
    """Find the runs of at least three deltas in which each comes at most `window` seconds after the one before."""
    found: list[Burst] = []
    first = 0
    for place in range(1, len(times) + 1):
        if place < len(times) and exact(times[place] - times[place - 1]) <= window:
            continue
        if place - first >= BURST_SIZE:
            found.append(Burst(times[first], times[place - 1], place - first))
        first = place
    return found


class Figures:
    """What one stream measured, kept up event by event.

    `see` costs the same for the first and the five-thousandth event. All times are seconds on the recording's axis.
    """

    def __init__(self) -> None:
        self.deltas: list[float] = []
        """When each non-empty text delta came."""
        self.growth: list[tuple[float, int]] = []
        """Each change of the assistant text's length: (time, characters that then stood there)."""
        self.texts: list[float] = []
        """When the text grew, by a delta or by a whole message."""
        self.errors: list[Failure] = []
        self.last_news = 0.0
        """When the stream last brought something about an item. Progress lines and notices bring nothing new."""
        self.answers: set[str] = set()
        """Ids of the finished items that answer the user."""
        self.open: set[str] = set()
        """Ids of the assistant messages that were begun and not finished."""
        self.failed = False
        """Whether an error came after which no answer was finished."""
        self._rest: float | None = None
        self._lines: list[Progress] = []
        self._line_open = False

    def see(self, t: float, event: Event, length: int) -> None:
        """Take in one event, and the length in characters that the assistant text has after it."""
        before = self.growth[-1][1] if self.growth else 0
        if length != before:
            self.growth.append((t, length))
        if length > before:
            self.texts.append(t)
            self._rest = None
            self._end_line(t)
        kind = event.get("type")
        if isinstance(kind, str) and kind in _RULES:
            _RULES[kind](self, t, event)

    def progress(self, until: float) -> list[Progress]:
        """List the progress lines; one that still stands ends at `until`."""
        if not self._line_open:
            return list(self._lines)
        return [*self._lines[:-1], self._lines[-1]._replace(end=until)]

    def stalls(self, until: float, limit: float = STALL_LIMIT) -> list[Stall]:
        """List the silences of at least `limit` seconds in the text.

        Counted are the times from text to text; the time from the last text to the end of its message, to an error, or
        to `until`, whichever comes first; and, when no text came at all, the time up to an error or `until`.
        The wait before a first token that did come is not a stall: `first_token` tells it.
        """
        spans = list(pairwise(self.texts))
        end = until if self._rest is None else self._rest
        if self.texts:
            spans.append((self.texts[-1], end))
        elif not self.answers:
            spans.append((0.0, end))
        lines = self.progress(until)
        starts = [line.start for line in lines]
        found = []
        for start, stop in spans:
            if exact(stop - start) >= limit:
                place = bisect_left(starts, stop) - 1
                stood = place >= 0 and lines[place].end > start
                found.append(Stall(start, stop, lines[place].text if stood else ""))
        return found

    def _on_progress(self, t: float, event: Event) -> None:
        self._end_line(t)
        text = word(event, "text")
        if text:  # an empty text clears the line, an idiom of servers in the wild (ledger B26)
            self._lines.append(Progress(t, t, word(event, "icon") or None, text))
            self._line_open = True

    def _end_line(self, t: float) -> None:
        if self._line_open:
            self._lines[-1] = self._lines[-1]._replace(end=t)
            self._line_open = False

    def _on_added(self, t: float, event: Event) -> None:
        self.last_news = t
        item = event.get("item")
        if word(item, "type") == "assistant_message":
            self._end_line(
                t
            )  # the message replaces the line; no clear event is needed (ledger iii)
            self.open.add(word(item, "id"))
            self._rest = None

    def _on_updated(self, t: float, event: Event) -> None:
        self.last_news = t
        update = event.get("update")
        kind = word(update, "type")
        if not kind.startswith("assistant_message."):
            return
        self.open.add(word(event, "item_id"))
        if kind.endswith(".text_delta") and word(update, "delta"):
            self.deltas.append(t)

    def _on_done(self, t: float, event: Event) -> None:
        self.last_news = t
        item = event.get("item")
        kind, key = word(item, "type"), word(item, "id")
        self.open.discard(key)
        if kind == "user_message":
            self.answers.clear()  # a new question is unanswered
        if kind == "assistant_message":
            self._end_line(t)
            self._rest = t if self._rest is None else self._rest
        if kind in _ANSWERS:
            self.answers.add(key)
            self.failed = False

    def _on_replaced(self, t: float, event: Event) -> None:
        # Final like Done for an item of this stream. But a stream that carries a user's input may begin by
        # replacing the question it answers (ThreadsAddStructuredInputReq), which is no answer to the user.
        if word(event.get("item"), "id") in self.open:
            self._on_done(t, event)
        self.last_news = t

    def _on_removed(self, t: float, event: Event) -> None:
        # A guardrail takes back all that the run produced (chatkit/agents.py, end of stream_agent_response).
        self.last_news = t
        self.open.discard(word(event, "item_id"))
        self.answers.discard(word(event, "item_id"))

    def _on_error(self, t: float, event: Event) -> None:
        self.failed = True
        self._rest = t if self._rest is None else self._rest
        retry = event.get("allow_retry") is True
        self.errors.append(Failure(t, word(event, "code"), word(event, "message"), retry))


# The items that, once done, answer the user. A workflow or a task shows thinking only.
_ANSWERS = frozenset(
    {
        "assistant_message",
        "widget",
        "generated_image",
        "structured_input",
        "client_tool_call",  # the client answers it with a request of its own
        "end_of_turn",
    }
)

_RULES: dict[str, Callable[[Figures, float, Event], None]] = {
    "progress_update": Figures._on_progress,
    "thread.item.added": Figures._on_added,
    "thread.item.updated": Figures._on_updated,
    "thread.item.done": Figures._on_done,
    "thread.item.replaced": Figures._on_replaced,
    "thread.item.removed": Figures._on_removed,
    "error": Figures._on_error,
}
