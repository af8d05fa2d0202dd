"""Item ids that are unique, whatever the model calls its messages.

Every message of a Chat Completions model has the id `__fake_id__`, and ChatKit uses the model's id as the item's:
so turn 2 overwrites turn 1 in the store (ledger, finding 8). Each added item gets a new id from the store, and its
updates follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatkit.store import StoreItemType
from chatkit.types import (
    AssistantMessageItem,
    ClientToolCallItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

# The items whose ids come from the model; all others get theirs from the store already.
_MODEL_NAMED = (AssistantMessageItem, ClientToolCallItem)


class FreshIds:
    """Renames the model's items within one turn. `new_id` makes an id for "message" or "tool_call"."""

    def __init__(self, new_id: Callable[[StoreItemType], str]) -> None:
        self._new_id = new_id
        self._open: dict[str, str] = {}
        self._all: dict[str, list[str]] = {}

    def rename(self, event: ThreadStreamEvent) -> Iterator[ThreadStreamEvent]:
        """Yield the event under its item's new id: one event, but for a removal of several namesakes."""
        match event:
            case ThreadItemAddedEvent(item=item) if isinstance(item, _MODEL_NAMED):
                yield ThreadItemAddedEvent(item=item.model_copy(update={"id": self._open_id(item)}))
            case ThreadItemUpdatedEvent(item_id=old) if old in self._open:
                yield event.model_copy(update={"item_id": self._open[old]})
            case ThreadItemDoneEvent(item=item) if isinstance(item, _MODEL_NAMED):
                new = self._open.pop(item.id, None) or self._open_id(item)
                self._open.pop(item.id, None)
                yield ThreadItemDoneEvent(item=item.model_copy(update={"id": new}))
            case ThreadItemRemovedEvent(item_id=old) if old in self._all:
                for new in self._all.pop(old):
                    yield ThreadItemRemovedEvent(item_id=new)
            case _:
                yield event

    def _open_id(self, item: AssistantMessageItem | ClientToolCallItem) -> str:
        kind: StoreItemType = "message" if isinstance(item, AssistantMessageItem) else "tool_call"
        new = self._open[item.id] = self._new_id(kind)
        self._all.setdefault(item.id, []).append(new)
        return new
