"""Item ids that are unique, whatever the model calls its messages."""

from datetime import datetime
from itertools import count

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from lesson_kit.server.identity import FreshIds

FAKE = "__fake_id__"


def message(text: str = "") -> AssistantMessageItem:
    content = [AssistantMessageContent(text=text)]
    return AssistantMessageItem(
        id=FAKE, thread_id="thr_1", created_at=datetime(2026, 1, 1), content=content
    )


def delta(text: str, item_id: str = FAKE) -> ThreadItemUpdatedEvent:
    update = AssistantMessageContentPartTextDelta(content_index=0, delta=text)
    return ThreadItemUpdatedEvent(item_id=item_id, update=update)


def ids_of(events: list[ThreadStreamEvent]) -> list[str]:
    numbers = count(1)
    fresh = FreshIds(lambda kind: f"{kind}_{next(numbers)}")
    renamed = [new for event in events for new in fresh.rename(event)]
    return [
        event.item.id
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent)
        else getattr(event, "item_id", event.type)
        for event in renamed
    ]


def test_updates_and_done_follow_the_item() -> None:
    events = [
        ThreadItemAddedEvent(item=message()), delta("a"), ThreadItemDoneEvent(item=message("a")),
    ]  # fmt: skip
    assert ids_of(events) == ["message_1"] * 3


def test_two_messages_with_one_id_get_two() -> None:
    one = [ThreadItemAddedEvent(item=message()), ThreadItemDoneEvent(item=message("a"))]
    assert ids_of(one + one) == ["message_1", "message_1", "message_2", "message_2"]


def test_a_done_item_that_was_never_added_gets_an_id_too() -> None:
    events = [ThreadItemDoneEvent(item=message("a")), ThreadItemDoneEvent(item=message("b"))]
    assert ids_of(events) == ["message_1", "message_2"]


def test_a_removal_removes_every_namesake() -> None:
    one = [ThreadItemAddedEvent(item=message()), ThreadItemDoneEvent(item=message("a"))]
    events = [*one, *one, ThreadItemRemovedEvent(item_id=FAKE)]
    assert ids_of(events)[-2:] == ["message_1", "message_2"]


def test_what_the_model_did_not_name_keeps_its_id() -> None:
    assert ids_of([delta("a", "wf_1"), ProgressUpdateEvent(text="...")]) == [
        "wf_1",
        "progress_update",
    ]
