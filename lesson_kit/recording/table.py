"""The table of a recording: its events by time, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .figures import STALL_LIMIT
from .items import Item
from .moment import Event, Moment
from .plain import one_line, seconds
from .words import read, word

__all__ = ["ROWS", "Row", "rows"]

ROWS = 40
"""Rows at most; a longer recording shows its beginning and its end, and says what is left out."""


class Row(NamedTuple):
    """A line of the table: when, what happened, and the words that came."""

    when: str
    what: str
    words: str


class Run:
    """Updates of one item that follow each other, told in one row: 40 deltas are one thing that happened."""

    def __init__(self, moment: Moment) -> None:
        self.start, first = moment
        self.end, self.count, self.last = self.start, 1, first
        self.chunks = [_delta(first)]
        self.key = _run_key(first)

    def takes(self, moment: Moment) -> bool:
        """Tell whether this moment goes on with the run; a stall ends one."""
        soon = moment.t - self.end < STALL_LIMIT
        return soon and bool(self.key) and self.key == _run_key(moment.event)

    def take(self, moment: Moment) -> None:
        self.end, self.last = moment
        self.count += 1
        self.chunks.append(_delta(moment.event))

    def row(self) -> Row:
        when, end = seconds(self.start), seconds(self.end)
        what, words = _tell(self.last)
        if self.count > 1:
            what = f"{self.count} × {what}"
        text = "".join(self.chunks)
        return Row(when if when == end else f"{when} to {end}", what, one_line(text or words))


def rows(moments: Iterable[Moment], end: Row) -> list[Row]:
    """Tell a recording in at most `ROWS` rows; `end` is the last of them."""
    found = list(_runs(moments))
    if len(found) + 1 > ROWS:
        early, late = ROWS // 2, ROWS // 2 - 2
        hidden = found[early : len(found) - late]
        events = sum(run.count for run in hidden)
        gap = Row("…", f"{events} events in {len(hidden)} rows left out", "")
        return [*_rows(found[:early]), gap, *_rows(found[len(found) - late :]), end]
    return [*_rows(found), end]


def _rows(runs: Sequence[Run]) -> list[Row]:
    return [run.row() for run in runs]


def _runs(moments: Iterable[Moment]) -> Iterator[Run]:
    run: Run | None = None
    for moment in moments:
        if run and run.takes(moment):
            run.take(moment)
            continue
        if run:
            yield run
        run = Run(moment)
    if run:
        yield run


def _run_key(event: Event) -> tuple[str, str] | None:
    if event.get("type") != "thread.item.updated":
        return None
    return word(event, "item_id"), word(event.get("update"), "type")


def _delta(event: Event) -> str:
    return word(event.get("update"), "delta") if event.get("type") == "thread.item.updated" else ""


def _tell(event: Event) -> tuple[str, str]:
    """Give what happened and the words that came with it."""
    kind = word(event, "type")
    what, words = _EVENTS.get(
        kind, (one_line(kind or "event without a type", 40), lambda event: "")
    )
    return (what, words(event)) if kind != "thread.item.updated" else _update(event)


def _update(event: Event) -> tuple[str, str]:
    update = event.get("update")
    kind = word(update, "type")
    what = _UPDATES.get(kind, one_line(kind or "update", 40))
    content = update.get("content") if isinstance(update, dict) else None
    task = update.get("task") if isinstance(update, dict) else None
    return what, word(content, "text") or word(task, "title") or word(task, "content")


def _item(event: Event) -> str:
    whole = event.get("item")
    if not isinstance(whole, dict):
        return ""
    line = read(Item(whole))
    return f"{line[0]}: {line[1]}" if line else word(whole, "type").replace("_", " ")


def _thread(event: Event) -> str:
    thread = event.get("thread")
    return word(thread, "title") or word(thread, "id")


def _options(event: Event) -> str:
    options = event.get("stream_options")
    allowed = isinstance(options, dict) and options.get("allow_cancel") is True
    return "may be stopped" if allowed else "may not be stopped"


def _said(event: Event) -> str:
    return ": ".join(filter(None, (word(event, "title"), word(event, "message"))))


# Each event of chatkit.types.ThreadStreamEvent in words; others are told by their own name.
_EVENTS: dict[str, tuple[str, Callable[[Event], str]]] = {
    "thread.created": ("thread created", _thread),
    "thread.updated": ("thread updated", _thread),
    "thread.item.added": ("item added", _item),
    "thread.item.done": ("item done", _item),
    "thread.item.replaced": ("item replaced", _item),
    "thread.item.removed": ("item removed", lambda event: word(event, "item_id")),
    "stream_options": ("stream options", _options),
    "progress_update": ("progress line", lambda event: word(event, "text") or "(cleared)"),
    "client_effect": ("client effect", lambda event: word(event, "name")),
    "error": ("error", lambda event: word(event, "message") or word(event, "code")),
    "notice": ("notice", _said),
}
_UPDATES = {
    "assistant_message.content_part.added": "text part added",
    "assistant_message.content_part.text_delta": "text delta",
    "assistant_message.content_part.annotation_added": "annotation added",
    "assistant_message.content_part.done": "text part done",
    "widget.streaming_text.value_delta": "widget text delta",
    "widget.component.updated": "widget component updated",
    "widget.root.updated": "widget updated",
    "workflow.task.added": "task added",
    "workflow.task.updated": "task updated",
    "generated_image.updated": "image updated",
}
