"""What would be lost if the turn ended now."""

from datetime import datetime

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThoughtTask,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    Workflow,
    WorkflowItem,
)

from lesson_kit.server.partial import Partial

NOW = datetime(2026, 1, 1)


def message(*texts: str) -> AssistantMessageItem:
    content = [AssistantMessageContent(text=text) for text in texts]
    return AssistantMessageItem(id="msg_1", thread_id="thr_1", created_at=NOW, content=content)


def delta(text: str, index: int = 0) -> ThreadItemUpdatedEvent:
    update = AssistantMessageContentPartTextDelta(content_index=index, delta=text)
    return ThreadItemUpdatedEvent(item_id="msg_1", update=update)


def kept(*events: ThreadStreamEvent) -> list[list[str]]:
    partial = Partial()
    for event in events:
        partial.take(event)
    return [
        [part.text for part in item.content]
        for item in partial.items()
        if isinstance(item, AssistantMessageItem)
    ]


def test_deltas_add_up() -> None:
    assert kept(ThreadItemAddedEvent(item=message()), delta("Hel"), delta("lo")) == [["Hello"]]


def test_a_part_may_be_opened_and_finished_by_its_own_events() -> None:
    part = AssistantMessageContent(text="")
    whole = AssistantMessageContent(text="Hello!")
    events = [
        AssistantMessageContentPartAdded(content_index=0, content=part),
        AssistantMessageContentPartTextDelta(content_index=0, delta="Hello"),
        AssistantMessageContentPartDone(content_index=0, content=whole),
    ]
    updates = [ThreadItemUpdatedEvent(item_id="msg_1", update=event) for event in events]
    assert kept(ThreadItemAddedEvent(item=message()), *updates) == [["Hello!"]]


def test_a_second_part_may_come_before_anything_opened_it() -> None:
    assert kept(ThreadItemAddedEvent(item=message("a")), delta("c", index=2)) == [["a", "", "c"]]


def test_what_is_done_is_not_partial() -> None:
    done = ThreadItemDoneEvent(item=message("Hello"))
    assert kept(ThreadItemAddedEvent(item=message()), delta("Hello"), done) == []


def test_what_was_removed_is_gone() -> None:
    removed = ThreadItemRemovedEvent(item_id="msg_1")
    assert kept(ThreadItemAddedEvent(item=message()), delta("Hello"), removed) == []


def test_a_message_without_any_text_is_not_worth_keeping() -> None:
    assert kept(ThreadItemAddedEvent(item=message("")), delta("")) == []


def test_what_the_user_saw_is_kept_even_if_it_is_blank() -> None:
    assert kept(ThreadItemAddedEvent(item=message()), delta("\n")) == [["\n"]]


def test_the_sender_may_go_on_changing_its_item() -> None:
    item = message("Hel")
    partial = Partial()
    partial.take(ThreadItemAddedEvent(item=item))
    item.content[0].text = "something else"
    assert partial.items() == [message("Hel")]


def test_a_workflow_is_kept_with_the_tasks_it_has() -> None:
    workflow = Workflow(type="reasoning", tasks=[])
    item = WorkflowItem(id="wf_1", thread_id="thr_1", created_at=NOW, workflow=workflow)
    partial = Partial()
    partial.take(ThreadItemAddedEvent(item=item))
    assert partial.items() == []
    workflow.tasks.append(ThoughtTask(content="Let me see."))
    assert partial.items() == [item]
