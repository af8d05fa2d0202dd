"""The screen shows what ChatKit's protocol says, and agrees with ChatKit's own server."""

import copy
import json
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lesson_kit.recording.moment import as_wire
from lesson_kit.recording.screen import Screen

from .wire import added, delta, done, error, message, removed, updated, user


def show(*events: dict[str, Any]) -> Screen:
    screen = Screen()
    for event in events:
        screen.apply(event)
    return screen


def test_deltas_grow_the_message_and_done_settles_it() -> None:
    events = [user("Hi"), added(), delta("Hel"), delta("lo")]
    assert show(*events).lines == [("user", "Hi"), ("assistant", "Hello")]
    assert show(*events, done("Hello!")).text == "Hello!"


def test_a_message_that_never_streamed_shows_whole() -> None:
    assert show(done("All at once")).lines == [("assistant", "All at once")]


def test_a_replaced_item_keeps_its_place() -> None:
    replaced = {"type": "thread.item.replaced", "item": message("a", "new")}
    assert show(done("old", "a"), done("after", "b"), replaced).text == "new\n\nafter"


def test_a_removed_item_is_gone() -> None:
    screen = show(added(), delta("secret"), removed())
    assert (screen.lines, screen.length) == ([], 0)


def test_two_messages_with_one_id_keep_only_the_second() -> None:
    """Ledger, finding 8: `__fake_id__`."""
    assert show(done("one", "__fake_id__"), done("two", "__fake_id__")).text == "two"


def test_a_delta_without_added_is_shown_all_the_same() -> None:
    assert show(delta("lost")).lines == [("assistant", "lost")]


def test_errors_and_notices_stand_where_they_came() -> None:
    notice = {"type": "notice", "level": "info", "title": "Limit", "message": "Two left"}
    lines = show(done("a", "1"), notice, removed("1"), error("Busy"), error()).lines
    assert lines == [("notice", "Limit: Two left"), ("error", "Busy"), ("error", "stream.error")]


def test_two_equal_tasks_both_stay() -> None:
    """AgentContext finds a new task's index by equality: the second of two equal ones comes as index 0."""
    workflow = {"id": "w", "type": "workflow", "workflow": {"type": "reasoning", "tasks": []}}
    task = {"type": "thought", "content": "Hm"}
    screen = show(
        {"type": "thread.item.added", "item": workflow},
        updated("workflow.task.added", "w", task=task, task_index=0),
        updated("workflow.task.added", "w", task=task, task_index=0),
        updated("workflow.task.updated", "w", task={**task, "title": "Plan"}, task_index=1),
    )
    assert screen.lines == [("workflow", "Hm\nPlan: Hm")]
    assert workflow["workflow"] == {"type": "reasoning", "tasks": []}  # the event stays as it came


def test_a_widget_streams_its_text() -> None:
    text = {"type": "Text", "id": "t", "value": "It is "}
    card = {"type": "Card", "children": [text, {"type": "Badge", "label": "now"}]}
    screen = show(
        {"type": "thread.item.added", "item": {"id": "w", "type": "widget", "widget": card}},
        updated(
            "widget.streaming_text.value_delta", "w", component_id="t", delta="sunny", done=True
        ),
    )
    assert screen.lines == [("widget", "It is sunny\nnow")]
    component = {"type": "Text", "id": "t", "value": "Rain"}
    screen.apply(updated("widget.component.updated", "w", component_id="t", component=component))
    assert screen.lines == [("widget", "Rain\nnow")]
    root = {"type": "Card", "children": []}
    screen.apply(updated("widget.root.updated", "w", widget=root))
    assert screen.items[0]["widget"] == root
    assert text["value"] == "It is "


def test_annotations_are_kept_with_their_part() -> None:
    source = {"type": "url", "title": "Docs", "url": "https://example.org"}
    annotation = {"type": "annotation", "source": source}
    kind = "assistant_message.content_part.annotation_added"
    note = updated(kind, content_index=0, annotation_index=0, annotation=annotation)
    assert show(added(), delta("x"), note).items[0]["content"] == [
        {"type": "output_text", "text": "x", "annotations": [annotation]}
    ]


def test_what_a_client_does_not_show_is_not_in_the_transcript() -> None:
    hidden = [
        {"id": "1", "type": "client_tool_call", "name": "f", "arguments": {}},
        {"id": "2", "type": "hidden_context_item", "content": "psst"},
        {"id": "3", "type": "end_of_turn"},
        {"id": "4", "type": "from_a_newer_sdk", "text": "?"},
    ]
    screen = show(*({"type": "thread.item.done", "item": item} for item in hidden))
    assert (screen.lines, screen.items) == ([], hidden)


def test_other_kinds_of_items_are_told() -> None:
    question = {
        "id": "1",
        "type": "structured_input",
        "inputs": [{"id": "a", "question": "Which?"}],
    }
    image = {"id": "2", "type": "generated_image"}
    picture = {"id": "i", "url": "data:,"}
    task = {"id": "3", "type": "task", "task": {"type": "custom", "title": "Tidy"}}
    screen = show(
        *({"type": "thread.item.done", "item": item} for item in (question, image, task)),
        updated("generated_image.updated", "2", image=picture),
    )
    assert screen.lines == [("question", "Which?"), ("image", "[image]"), ("workflow", "Tidy")]
    assert screen.items[1]["image"] == picture


def test_a_thread_that_comes_with_items_shows_them_and_an_update_clears_none() -> None:
    thread = {"id": "thr_1", "items": {"data": [message("a", "old")], "has_more": False}}
    screen = show({"type": "thread.created", "thread": thread})
    empty = {"id": "thr_1", "title": "New", "items": {"data": [], "has_more": False}}
    screen.apply({"type": "thread.updated", "thread": empty})
    assert screen.text == "old"


NONSENSE: list[Any] = [
    {},
    {"type": None},
    {"type": ["thread.item.added"]},
    {"type": "brand.new.event", "item": 3},
    {"type": "thread.created", "thread": {"items": {"data": "no list"}}},
    {"type": "thread.item.added"},
    {"type": "thread.item.done", "item": {"id": {}, "type": "assistant_message"}},
    {
        "type": "thread.item.done",
        "item": {"id": "x", "type": "assistant_message", "content": [1, None]},
    },
    {"type": "thread.item.done", "item": {"id": "y", "type": "workflow", "workflow": 7}},
    {"type": "thread.item.removed", "item_id": ["x"]},
    {"type": "thread.item.updated", "item_id": "x", "update": "text"},
    {"type": "thread.item.updated", "item_id": [], "update": {}},
    updated("brand.new.update", "x"),
    updated("workflow.task.updated", "x", task_index=0, task={}),
    updated("workflow.task.updated", "w", task_index=10**12, task={}),
    updated("widget.component.updated", "v", component_id=1),
    updated("assistant_message.content_part.text_delta", "x", content_index=-1, delta="no"),
    updated("assistant_message.content_part.text_delta", "x", content_index=True, delta="no"),
    updated("assistant_message.content_part.text_delta", "x", content_index=0, delta=5),
    updated("assistant_message.content_part.text_delta", "z", content_index=10**12, delta=""),
    {"type": "notice"},
    {"type": "error", "message": 5},
]


@pytest.mark.parametrize("event", NONSENSE)
def test_nonsense_changes_no_text_and_breaks_nothing(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    screen = show(added(), delta("kept"), event)
    assert screen.text == "kept"
    assert json.dumps([screen.lines, screen.items])
    assert event == before


def test_a_content_index_of_a_billion_costs_nothing() -> None:
    screen = show(
        updated("assistant_message.content_part.text_delta", content_index=10**9, delta="x")
    )
    assert screen.text == "x"
    assert len(screen.items[0]["content"]) == 1000


# --- the same as ChatKit's server ---


class Server(ChatKitServer[None]):
    def respond(self, *args: Any) -> Any:
        raise NotImplementedError


_PART = st.builds(lambda text: {"type": "output_text", "text": text, "annotations": []}, st.text())
_NOTE = {"type": "annotation", "source": {"type": "file", "title": "f", "filename": "f"}}
_UPDATES = st.one_of(
    st.builds(lambda text: {"type": "text_delta", "delta": text}, st.text()),
    st.builds(lambda part: {"type": "added", "content": part}, _PART),
    st.builds(lambda part: {"type": "done", "content": part}, _PART),
    st.builds(
        lambda place: {"type": "annotation_added", "annotation_index": place, "annotation": _NOTE},
        st.integers(0, 3),
    ),
)


@given(st.lists(st.tuples(st.integers(0, 2), _UPDATES), max_size=12))
def test_a_message_stands_as_chatkit_would_save_it(steps: list[tuple[int, dict[str, Any]]]) -> None:
    read = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent).validate_python
    screen, start = show(added()), read(added())
    assert isinstance(start, ThreadItemAddedEvent)
    pending = {"msg_1": start.item}
    for index, fields in steps:
        kind = f"assistant_message.content_part.{fields['type']}"
        update = {**fields, "type": kind, "content_index": index}
        model = read({"type": "thread.item.updated", "item_id": "msg_1", "update": update})
        assert isinstance(model, ThreadItemUpdatedEvent)
        screen.apply(as_wire(model))
        Server(store=None)._update_pending_items(pending, model)  # type: ignore[arg-type]
    saved = pending["msg_1"]
    assert isinstance(saved, AssistantMessageItem)
    (shown,) = screen.items
    assert AssistantMessageItem.model_validate(shown) == saved
    assert screen.length == sum(len(part.text) for part in saved.content)
