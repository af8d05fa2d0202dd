"""What a turn has said so far: the items that were added but are not done."""

from __future__ import annotations

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WorkflowItem,
)


class Partial:
    """Folds events into the items that would be lost if the turn ended now."""

    def __init__(self) -> None:
        self._open: dict[str, ThreadItem] = {}

    def take(self, event: ThreadStreamEvent) -> None:
        match event:
            case ThreadItemAddedEvent(item=AssistantMessageItem() as item):
                self._open[item.id] = item.model_copy(deep=True)
            case ThreadItemAddedEvent(item=WorkflowItem() as item):
                # Not a copy: the helper appends tasks to this very object.
                self._open[item.id] = item
            case ThreadItemUpdatedEvent():
                self._update(event)
            case ThreadItemDoneEvent(item=item):
                self._open.pop(item.id, None)
            case ThreadItemRemovedEvent(item_id=item_id):
                self._open.pop(item_id, None)

    def items(self) -> list[ThreadItem]:
        """The open items worth keeping, oldest first: messages with text, workflows with tasks."""
        return [item for item in self._open.values() if _worth_keeping(item)]

    def _update(self, event: ThreadItemUpdatedEvent) -> None:
        item = self._open.get(event.item_id)
        if not isinstance(item, AssistantMessageItem):
            return
        match event.update:
            case AssistantMessageContentPartTextDelta(content_index=index, delta=delta):
                _part(item, index).text += delta
            case (
                AssistantMessageContentPartAdded(content_index=index, content=content)
                | AssistantMessageContentPartDone(content_index=index, content=content)
            ):
                _part(item, index)
                item.content[index] = content.model_copy(deep=True)


def _part(item: AssistantMessageItem, index: int) -> AssistantMessageContent:
    # An update may name a part that no event has opened yet (chatkit/server.py pads the same way).
    while len(item.content) <= index:
        item.content.append(AssistantMessageContent(text=""))
    return item.content[index]


def _worth_keeping(item: ThreadItem) -> bool:
    if isinstance(item, AssistantMessageItem):
        # ChatKit drops text that is all blank. But the user has seen it, and what was seen is kept.
        return any(part.text for part in item.content)
    return isinstance(item, WorkflowItem) and bool(item.workflow.tasks)
