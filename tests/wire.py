"""ChatKit's events as the wire carries them, for the tests of recordings."""

from typing import Any

from lesson_kit.recording import Recording

Event = dict[str, Any]


def user(text: str, id: str = "msg_u") -> Event:
    content = [{"type": "input_text", "text": text}]
    item = _item(id, "user_message", content=content, attachments=[], inference_options={})
    return {"type": "thread.item.done", "item": item}


def message(id: str = "msg_1", text: str | None = None) -> Event:
    part = {"type": "output_text", "text": text, "annotations": []}
    return _item(id, "assistant_message", content=[] if text is None else [part])


def added(id: str = "msg_1") -> Event:
    return {"type": "thread.item.added", "item": message(id)}


def done(text: str, id: str = "msg_1") -> Event:
    return {"type": "thread.item.done", "item": message(id, text)}


def removed(id: str = "msg_1") -> Event:
    return {"type": "thread.item.removed", "item_id": id}


def updated(kind: str, id: str = "msg_1", **fields: Any) -> Event:
    return {"type": "thread.item.updated", "item_id": id, "update": {"type": kind, **fields}}


def delta(text: str, id: str = "msg_1") -> Event:
    kind = "assistant_message.content_part.text_delta"
    return updated(kind, id, content_index=0, delta=text)


def progress(text: str, icon: str | None = None) -> Event:
    return {"type": "progress_update", "text": text} | ({"icon": icon} if icon else {})


def error(message: str | None = None, retry: bool = True) -> Event:
    words = {"code": "custom", "message": message} if message else {"code": "stream.error"}
    return {"type": "error", "allow_retry": retry, **words}


def _item(id: str, kind: str, **fields: Any) -> Event:
    return {
        "id": id, "thread_id": "thr_1", "created_at": "2026-01-02T03:04:05", "type": kind, **fields
    }  # fmt: skip


def streamed(words: list[str], *, first: float = 1.0, gap: float = 0.05) -> Recording:
    """A turn that goes well: question, thinking line, deltas, done."""
    recording = Recording([(0, user("Why?")), (0, progress("Thinking...", "clock"))])
    recording.add(first, added())
    t = first
    for place, word in enumerate(words):
        t = first + place * gap
        recording.add(t, delta(word))
    recording.add(t, done("".join(words)))
    recording.end(t)
    return recording
