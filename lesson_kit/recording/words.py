"""The words of a thread item, as the user reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .items import Item, walk
from .moment import Event

__all__ = ["Line", "read", "word"]

Line = tuple[str, str]  # (role, text)


def read(item: Item) -> Line | None:
    """Give (role, text) of an item, or None for an item that shows no text.

    ChatKit's client does not show hidden context, client tool calls and the end-of-turn mark.
    """
    if item.kind not in _ROLES:
        return None
    role, words = _ROLES[item.kind]
    text = words(item)
    return (role, text) if text else None


def word(holder: Any, name: str) -> str:
    """Read a text field of a JSON object; anything but a text counts as empty."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def _each(holder: Event, list_name: str, name: str) -> list[str]:
    values = holder.get(list_name)
    words = (word(value, name) for value in values) if isinstance(values, list) else ()
    return [found for found in words if found]


def _user(item: Item) -> str:
    whole = item.wire()
    quoted = word(whole, "quoted_text")
    lines = [f"> {quoted}"] if quoted else []
    lines += [" ".join(_each(whole, "content", "text"))]
    lines += [f"[file: {name}]" for name in _each(whole, "attachments", "name")]
    return "\n".join(filter(None, lines))


def _assistant(item: Item) -> str:
    return "\n\n".join(item.paragraphs)


def _workflow(item: Item) -> str:
    workflow = item.wire().get("workflow")
    tasks = workflow.get("tasks") if isinstance(workflow, dict) else None
    return "\n".join(filter(None, map(_task, tasks if isinstance(tasks, list) else [])))


def _task(task: Any) -> str:
    return ": ".join(filter(None, (word(task, "title"), word(task, "content"))))


def _widget(item: Item) -> str:
    whole = item.wire()
    # Text, Markdown, Title and Caption keep their text in `value`; Button and Badge in `label`.
    shown = [word(part, "value") or word(part, "label") for part in walk(whole.get("widget"))]
    return word(whole, "copy_text") or "\n".join(filter(None, shown)) or "[widget]"


# Each kind of item that shows text: its role in the transcript, and where its text is.
_ROLES: dict[str, tuple[str, Callable[[Item], str]]] = {
    "user_message": ("user", _user),
    "assistant_message": ("assistant", _assistant),
    "workflow": ("workflow", _workflow),
    "task": ("workflow", lambda item: _task(item.wire().get("task"))),
    "widget": ("widget", _widget),
    "generated_image": ("image", lambda item: "[image]"),
    "structured_input": (
        "question",
        lambda item: "\n".join(_each(item.wire(), "inputs", "question")),
    ),
}
