"""What cannot be done is refused before the answer says 200."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from chatkit.actions import Action
from chatkit.types import (
    ClientToolCallItem,
    ProgressUpdateEvent,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
)
from pydantic import TypeAdapter

from tests.asking import ask, create, events, on, refused
from tests.talker import Talker

NOON = datetime(2026, 1, 1, 12)


items = TypeAdapter[ThreadItem](ThreadItem)


class Stocked(Talker):
    """A talker whose store holds thread t1 with one item of each kind that requests refer to."""

    last: ThreadItem | None = None

    async def stock(self) -> None:
        await self.store.save_thread(ThreadMetadata(id="t1", created_at=NOON), None)
        at: Any = {"thread_id": "t1", "created_at": NOON}
        question: Any = {"id": "q1", "type": "freeform", "question": "Why?"}
        widget: Any = {"type": "Card", "children": []}
        user: Any = {"type": "user_message", "content": [], "inference_options": {}}
        for item in (
            {"id": "user", **user},
            {"id": "pending", "type": "structured_input", "inputs": [question]},
            {"id": "answered", "type": "structured_input", "inputs": [], "status": "answered"},
            {"id": "widget", "type": "widget", "widget": widget},
        ):
            await self.store.add_thread_item("t1", items.validate_python(item | at), None)
        if self.last:
            await self.store.add_thread_item("t1", self.last, None)


class Capable(Stocked):
    """Implements the optional operations too."""

    async def transcribe(self, audio_input: Any, context: Any) -> TranscriptionResult:
        return TranscriptionResult(text=f"{len(audio_input.data)} bytes")

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: Any, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        yield ProgressUpdateEvent(text=f"{action.type} by {sender.id if sender else 'nobody'}")


@pytest.mark.parametrize(
    "body",
    [
        on("threads.get_by_id", thread_id="no"),
        on("threads.add_user_message", thread_id="no", **create()["params"]),
        on("threads.add_client_tool_output", thread_id="no", result=1),
        on("threads.add_structured_input", thread_id="no", item_id="x", input={}),
        on("threads.retry_after_item", thread_id="no", item_id="x"),
        on("threads.custom_action", thread_id="no", item_id=None, action={"type": "a"}),
        on("threads.update", thread_id="no", title="x"),
        on("threads.delete", thread_id="no"),
        on("items.list", thread_id="no"),
        on("items.feedback", thread_id="no", item_ids=[], kind="positive"),
    ],
)
def test_an_unknown_thread_is_refused(body: Any) -> None:
    refused(ask(Capable(), body), 404, "there is no thread 'no'")


@pytest.mark.parametrize(
    "body",
    [
        on("threads.retry_after_item", thread_id="t1", item_id="no"),
        on("threads.add_structured_input", thread_id="t1", item_id="no", input={}),
        on("threads.custom_action", thread_id="t1", item_id="no", action={"type": "a"}),
        on("items.feedback", thread_id="t1", item_ids=["user", "no"], kind="positive"),
    ],
)
def test_an_unknown_item_is_refused(body: Any) -> None:
    refused(ask(Capable(), body), 404, "there is no item 'no'")


@pytest.mark.parametrize("operation", ["items.list", "threads.list"])
def test_an_unknown_place_in_a_list_is_refused(operation: str) -> None:
    refused(ask(Stocked(), on(operation, thread_id="t1", after="no")), 404, "'no'")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (on("threads.retry_after_item", thread_id="t1", item_id="widget"), "item 'widget' is a widget"),
        (on("threads.add_structured_input", thread_id="t1", item_id="user", input={}), "is a user_message"),
        (on("threads.add_structured_input", thread_id="t1", item_id="answered", input={}), "is answered already"),
        (on("threads.custom_action", thread_id="t1", item_id="user", action={"type": "a"}), "is a user_message"),
        (on("threads.add_client_tool_output", thread_id="t1", result=1), "the last item of thread 't1' is a widget"),
    ],
)  # fmt: skip
def test_an_item_in_the_wrong_state_is_refused(body: Any, reason: str) -> None:
    refused(ask(Capable(), body), 409, reason)


def test_an_unknown_attachment_is_refused() -> None:
    refused(ask(Talker(), create(attachments=["no"])), 404, "there is no attachment 'no'")


def test_an_item_named_many_times_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server, asked = Stocked(), []
    load = server.store.load_item

    async def counted(thread_id: str, item_id: str, context: Any) -> ThreadItem:
        asked.append(item_id)
        return await load(thread_id, item_id, context)

    monkeypatch.setattr(server.store, "load_item", counted)
    many = ["user", "widget"] * 1000
    ask(server, on("items.feedback", thread_id="t1", item_ids=many, kind="positive"))
    assert asked == ["user", "widget"]


@pytest.mark.parametrize(
    "body",
    [
        on("threads.custom_action", thread_id="t1", item_id=None, action={"type": "a"}),
        on("threads.sync_custom_action", thread_id="t1", item_id=None, action={"type": "a"}),
        on("input.transcribe", audio_base64="AAAA", mime_type="audio/webm"),
        on("attachments.create", name="a.txt", size=1, mime_type="text/plain"),
        on("attachments.delete", attachment_id="a"),
    ],
)
def test_an_operation_that_the_server_lacks_is_refused(body: Any) -> None:
    refused(ask(Stocked(), body), 400, f"does not implement {body['type']}")


def test_the_optional_operations_work_where_they_are_implemented() -> None:
    audio = on("input.transcribe", audio_base64="AAAA", mime_type="audio/webm")
    assert ask(Capable(), audio).json() == {"text": "3 bytes"}
    action = on("threads.custom_action", thread_id="t1", item_id="widget", action={"type": "a"})
    assert events(ask(Capable(), action))[-1]["text"] == "a by widget"
    action["params"]["item_id"] = None
    assert events(ask(Capable(), action))[-1]["text"] == "a by nobody"
    refused(
        ask(Capable(), on("input.transcribe", audio_base64="AAA", mime_type="x")), 400, "no base64"
    )


def test_what_refers_to_things_in_the_right_state_is_answered() -> None:
    for body in (
        on("threads.retry_after_item", thread_id="t1", item_id="user"),
        on("threads.add_structured_input", thread_id="t1", item_id="pending", input={}),
    ):
        assert events(ask(Stocked(), body))[-1]["type"] == "thread.item.done"
    server = Stocked()
    server.last = ClientToolCallItem(
        id="call", thread_id="t1", created_at=NOON, call_id="c", name="n", arguments={}
    )
    body = on("threads.add_client_tool_output", thread_id="t1", result={"n": 1e300})
    assert events(ask(server, json.dumps(body).encode()))[-1]["type"] == "thread.item.done"
