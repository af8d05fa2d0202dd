"""The screen: what the user sees of a thread, event after event."""

from __future__ import annotations

from collections.abc import Callable

from .items import Item
from .moment import Event
from .words import Line, read, word

__all__ = ["Screen"]


class Screen:
    """The thread as a client shows it after the events applied so far.

    It keeps what ChatKit's protocol says, in the order in which items came: an item that comes again under an id
    on the screen replaces the old one in its place. That is also how `__fake_id__` loses answers (ledger finding 8).
    Unknown events, and known ones that make no sense, change nothing.
    """

    def __init__(self) -> None:
        # Items under their id (str), notices and errors under a number.
        self._shown: dict[str | int, Item | Line] = {}
        self._said = 0
        self.length = 0
        """Characters of assistant text on the screen."""

    @property
    def items(self) -> list[Event]:
        """The thread's items as they stand, as JSON objects."""
        return [shown.wire() for shown in self._shown.values() if isinstance(shown, Item)]

    @property
    def lines(self) -> list[Line]:
        """All that can be read: (role, text), top to bottom."""
        found = (read(it) if isinstance(it, Item) else it for it in self._shown.values())
        return [line for line in found if line]

    @property
    def text(self) -> str:
        """The assistant's text: its messages, and their parts, with a blank line between."""
        assistant = (shown for shown in self._shown.values() if isinstance(shown, Item))
        return "\n\n".join(part for item in assistant for part in item.paragraphs)

    def apply(self, event: Event) -> None:
        """Show one event, given as the wire's JSON object."""
        kind = event.get("type")
        if isinstance(kind, str) and kind in _RULES:
            _RULES[kind](self, event)

    def _thread(self, event: Event) -> None:
        # Only thread.created may bring items. thread.updated always has an empty page (chatkit/server.py,
        # _to_thread_response), which says nothing about what is on the screen.
        thread = event.get("thread")
        page = thread.get("items") if isinstance(thread, dict) else None
        data = page.get("data") if isinstance(page, dict) else None
        for item in data if isinstance(data, list) else []:
            self._put({"item": item})

    def _put(self, event: Event) -> None:
        item = event.get("item")
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            self._replace(item["id"], Item(item))

    def _update(self, event: Event) -> None:
        key, update = event.get("item_id"), event.get("update")
        if not isinstance(key, str) or not isinstance(update, dict):
            return
        item = self._shown.get(key)
        if not isinstance(item, Item):
            item = self._stand_in(key, update)
        if item:
            before = item.length
            item.update(update)
            self.length += item.length - before

    def _stand_in(self, key: str, update: Event) -> Item | None:
        # Updates of an item that was never added: ChatKit's server drops them from what it would save. Here they
        # make an item, because a recording must not hide text that came.
        kind = str(update.get("type")).partition(".")[0]
        if kind not in ("assistant_message", "workflow", "widget", "generated_image"):
            return None
        item = Item({"id": key, "type": kind})
        self._shown[key] = item
        return item

    def _remove(self, event: Event) -> None:
        key = event.get("item_id")
        if isinstance(key, str) and key in self._shown:
            self._replace(key, None)

    def _replace(self, key: str, item: Item | None) -> None:
        old = self._shown.get(key)
        if isinstance(old, Item):
            self.length -= old.length
        if item is None:
            self._shown.pop(key, None)
        else:
            self._shown[key] = item
            self.length += item.length

    def _notice(self, event: Event) -> None:
        self._say("notice", ": ".join(filter(None, (word(event, "title"), word(event, "message")))))

    def _error(self, event: Event) -> None:
        # Most errors come without a message: the client words them by their code (ledger ix).
        self._say("error", word(event, "message") or word(event, "code"))

    def _say(self, role: str, text: str) -> None:
        self._said += 1
        self._shown[self._said] = (role, text or f"[{role}]")


# Each event that changes what stands in the thread. The other kinds pass by: thread.updated, stream_options,
# client_effect, and progress_update, which has a place of its own (figures.py).
_RULES: dict[str, Callable[[Screen, Event], None]] = {
    "thread.created": Screen._thread,
    "thread.item.added": Screen._put,
    "thread.item.updated": Screen._update,
    "thread.item.done": Screen._put,
    "thread.item.replaced": Screen._put,
    "thread.item.removed": Screen._remove,
    "notice": Screen._notice,
    "error": Screen._error,
}
