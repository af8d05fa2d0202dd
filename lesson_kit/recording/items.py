"""A thread item as it stands: its last whole form plus the updates that came after."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .moment import Event

__all__ = ["Item", "walk"]

MANY_PARTS = 1000
"""Content parts of one message that are written out; real ones have one or two."""


class Part:
    """One content part of an assistant message, grown delta by delta."""

    def __init__(self, content: Any = None) -> None:
        self._rest: Event = dict(content) if isinstance(content, dict) else {}
        text, annotations = self._rest.get("text"), self._rest.get("annotations")
        self._chunks = [text] if isinstance(text, str) else []
        self.annotations = list(annotations) if isinstance(annotations, list) else []
        self.length = sum(map(len, self._chunks))

    @property
    def text(self) -> str:
        if len(self._chunks) > 1:  # joined when read, not per delta: that would be quadratic
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0] if self._chunks else ""

    def grow(self, delta: str) -> None:
        self._chunks.append(delta)
        self.length += len(delta)

    def wire(self) -> Event:
        known = {"annotations": self.annotations, "text": self.text}
        return {"type": "output_text", **self._rest, **known}


class Item:
    """One item of a thread, as the wire last described it.

    Args:
        whole: the item as `thread.item.added`, `.done` or `.replaced` carried it. It is not changed.

    Nothing here raises on odd input: what a newer server may send is carried through, what makes no sense is left out.
    """

    def __init__(self, whole: Event) -> None:
        kind = whole.get("type")
        self.kind: str = kind if isinstance(kind, str) else ""
        self._whole = whole
        self._owned = False
        # A dict, padded only when it is read: a hostile content_index may be a billion.
        self._parts: dict[int, Part] = {}
        if self.kind == "assistant_message":
            self._parts = {i: Part(content) for i, content in enumerate(_list(whole, "content"))}
        self.length = sum(part.length for part in self._parts.values())
        """Characters of assistant text."""

    @property
    def paragraphs(self) -> list[str]:
        """The non-empty texts of an assistant message, one per content part."""
        return [part.text for _, part in sorted(self._parts.items()) if part.length]

    def wire(self) -> Event:
        """The item as JSON, the same that the server would save now."""
        if self.kind != "assistant_message":
            return copy.deepcopy(self._whole)
        # An update may come for a part ahead of the others; the SDK fills the places before it with empty parts.
        count = min(MANY_PARTS, max(self._parts, default=-1) + 1)
        parts = [self._parts.get(place, Part()).wire() for place in range(count)]
        return copy.deepcopy({**self._whole, "content": parts})

    def update(self, update: Event) -> None:
        """Apply what a `thread.item.updated` event carries; an unknown kind changes nothing."""
        kind = update.get("type")
        # The first word of an update's kind is the kind of item that it is for.
        if isinstance(kind, str) and kind in _RULES and kind.partition(".")[0] == self.kind:
            _RULES[kind](self, update)

    def _part(self, update: Event) -> Part | None:
        index = _index(update, "content_index")
        return None if index is None else self._parts.setdefault(index, Part())

    def _mine(self) -> Event:
        # The event that brought the item is part of the recording: change a copy of it.
        if not self._owned:
            self._whole, self._owned = copy.deepcopy(self._whole), True
        return self._whole

    def _set_part(self, update: Event) -> None:
        if (index := _index(update, "content_index")) is not None:
            old, new = self._parts.get(index, Part()), Part(update.get("content"))
            self._parts[index] = new
            self.length += new.length - old.length

    def _grow_part(self, update: Event) -> None:
        delta = update.get("delta")
        if isinstance(delta, str) and (part := self._part(update)):
            part.grow(delta)
            self.length += len(delta)

    def _annotate(self, update: Event) -> None:
        place, annotation = _index(update, "annotation_index"), update.get("annotation")
        if place is not None and isinstance(annotation, dict) and (part := self._part(update)):
            part.annotations.insert(
                place, annotation
            )  # past the end means at the end, as in the SDK

    def _add_task(self, update: Event) -> None:
        # Appended, never put at task_index: AgentContext.add_workflow_task finds that index by equality,
        # so the second of two equal tasks comes with the first one's index.
        if isinstance(update.get("task"), dict):
            self._tasks().append(copy.deepcopy(update["task"]))

    def _set_task(self, update: Event) -> None:
        index, tasks = _index(update, "task_index"), self._tasks()
        if index is not None and index < len(tasks) and isinstance(update.get("task"), dict):
            tasks[index] = copy.deepcopy(update["task"])

    def _tasks(self) -> list[Any]:
        mine = self._mine()
        if not isinstance(mine.get("workflow"), dict):
            mine["workflow"] = {}
        workflow = mine["workflow"]
        if not isinstance(workflow.get("tasks"), list):
            workflow["tasks"] = []
        tasks: list[Any] = workflow["tasks"]
        return tasks

    def _set_widget(self, update: Event) -> None:
        if isinstance(update.get("widget"), dict):
            self._mine()["widget"] = copy.deepcopy(update["widget"])

    def _set_component(self, update: Event) -> None:
        new, old = update.get("component"), self._component(update)
        if old is not None and isinstance(new, dict):
            old.clear()
            old.update(copy.deepcopy(new))

    def _grow_component(self, update: Event) -> None:
        old, delta = self._component(update), update.get("delta")
        if old is not None and isinstance(delta, str):
            value = old.get("value")
            old["value"] = (value if isinstance(value, str) else "") + delta

    def _component(self, update: Event) -> Event | None:
        wanted = update.get("component_id")
        if not isinstance(wanted, str):
            return None
        components = walk(self._mine().get("widget"))
        return next((found for found in components if found.get("id") == wanted), None)

    def _set_image(self, update: Event) -> None:
        if isinstance(update.get("image"), dict):
            self._mine()["image"] = copy.deepcopy(update["image"])


def walk(widget: Any) -> list[Event]:
    """List a widget and all components inside it, in reading order."""
    found: list[Event] = []
    ahead = [widget]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            found.append(value)
            ahead.extend(reversed(value.values()))
        elif isinstance(value, list):
            ahead.extend(reversed(value))
    return found


def _index(update: Event, name: str) -> int | None:
    value = update.get(name)
    return value if type(value) is int and value >= 0 else None


def _list(holder: Event, name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


# Each kind of update in chatkit.types.ThreadItemUpdate, and what it does to the item.
_RULES: dict[str, Callable[[Item, Event], None]] = {
    "assistant_message.content_part.added": Item._set_part,
    "assistant_message.content_part.text_delta": Item._grow_part,
    "assistant_message.content_part.annotation_added": Item._annotate,
    "assistant_message.content_part.done": Item._set_part,
    "widget.streaming_text.value_delta": Item._grow_component,
    "widget.component.updated": Item._set_component,
    "widget.root.updated": Item._set_widget,
    "workflow.task.added": Item._add_task,
    "workflow.task.updated": Item._set_task,
    "generated_image.updated": Item._set_image,
}
