"""What must hold before a streaming answer may say 200.

Once an HTTP answer has begun, it can only break off. Plain ChatKit begins it first and looks the thread up then, so an
unknown thread is a 200 with a cut body (ledger A44). So look first.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable
from typing import Any, TypeVar

from chatkit.server import ChatKitServer
from chatkit.store import AttachmentStore, NotFoundError
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    ClientToolCallItem,
    InputTranscribeReq,
    ItemsFeedbackReq,
    StructuredInputItem,
    ThreadItem,
    ThreadItemBase,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    UserMessageItem,
    WidgetItem,
)

from .refusal import Refusal

__all__ = ["check"]

T = TypeVar("T")


async def check(server: ChatKitServer[Any], request: ChatKitReq, context: Any) -> None:
    """Raise `Refusal` if `server` cannot do what `request` asks.

    400 for an operation that the server does not implement, 404 for a thread, item or attachment that the store does
    not know, 409 for an item that is not what the operation needs.
    """
    _check_implemented(server, request)
    thread_id = getattr(request.params, "thread_id", None)
    if thread_id is not None:
        await _found("thread", thread_id, server.store.load_thread(thread_id, context=context))
    match request:
        case ThreadsCreateReq() | ThreadsAddUserMessageReq():
            for attachment_id in dict.fromkeys(request.params.input.attachments):
                loading = server.store.load_attachment(attachment_id, context=context)
                await _found("attachment", attachment_id, loading)
        case ThreadsAddClientToolOutputReq():
            await _check_pending_call(server, request.params.thread_id, context)
        case InputTranscribeReq():
            _check_base64(request.params.audio_base64)
    item_ids, kind = _items_of(request)
    # Each once: a body has room for 30,000 times the same id, and the database would be asked as often.
    for item_id in dict.fromkeys(item_ids):
        assert thread_id is not None, "every operation on an item names its thread"
        loading_item = server.store.load_item(thread_id, item_id, context=context)
        _check_item(await _found("item", item_id, loading_item), kind)


def _check_implemented(server: ChatKitServer[Any], request: ChatKitReq) -> None:
    # ChatKit's own versions of these methods raise NotImplementedError, or RuntimeError without an attachment store.
    own = ChatKitServer
    match request:
        case ThreadsCustomActionReq():
            missing = "its action() method" if type(server).action is own.action else ""
        case ThreadsSyncCustomActionReq():
            missing = (
                "its sync_action() method" if type(server).sync_action is own.sync_action else ""
            )
        case InputTranscribeReq():
            missing = "its transcribe() method" if type(server).transcribe is own.transcribe else ""
        case AttachmentsCreateReq():
            creates = getattr(type(server.attachment_store), "create_attachment", None)
            lacks = creates in (None, AttachmentStore.create_attachment)
            missing = "an attachment store with create_attachment()" if lacks else ""
        case AttachmentsDeleteReq():
            missing = "" if server.attachment_store else "an attachment store"
        case _:
            return
    if missing:
        raise Refusal(
            400,
            f"this server does not implement {request.type}",
            expected="an operation that it implements",
            next_step=f"Do without it, or give the server {missing}.",
        )


def _items_of(request: ChatKitReq) -> tuple[list[str], type[ThreadItemBase]]:
    """List the items that a request works on, and what they must be."""
    match request:
        case ItemsFeedbackReq():
            return request.params.item_ids, ThreadItemBase
        case ThreadsRetryAfterItemReq():
            return [request.params.item_id], UserMessageItem
        case ThreadsAddStructuredInputReq():
            return [request.params.item_id], StructuredInputItem
        case ThreadsCustomActionReq() | ThreadsSyncCustomActionReq():
            return [request.params.item_id] if request.params.item_id else [], WidgetItem
        case _:
            return [], ThreadItemBase


async def _found(what: str, its_id: str, loading: Awaitable[T]) -> T:
    try:
        return await loading
    except NotFoundError:
        raise Refusal(
            404,
            f"there is no {what} {its_id[:100]!r}",
            expected=f"the id of a stored {what}",
            next_step="List the threads and their items, or start a new thread.",
        ) from None


def _check_item(item: ThreadItem, kind: type[ThreadItemBase]) -> None:
    if not isinstance(item, kind):
        raise _wrong_item(
            f"item {item.id!r} is a {item.type}", f"a {kind.model_fields['type'].default}"
        )
    if (
        isinstance(item, StructuredInputItem)
        and kind is StructuredInputItem
        and item.status != "pending"
    ):
        raise _wrong_item(
            f"item {item.id!r} is {item.status} already", "a pending structured_input"
        )


async def _check_pending_call(server: ChatKitServer[Any], thread_id: str, context: Any) -> None:
    page = await server.store.load_thread_items(thread_id, None, 1, "desc", context)
    last = page.data[0] if page.data else None
    if not isinstance(last, ClientToolCallItem) or last.status != "pending":
        came = f"a {last.type}" if last else "missing"
        raise _wrong_item(
            f"the last item of thread {thread_id!r} is {came}", "a pending client_tool_call"
        )


def _wrong_item(came: str, expected: str) -> Refusal:
    return Refusal(
        409,
        came,
        expected=expected,
        next_step="Load the thread again: it may have moved on since the page was shown.",
    )


def _check_base64(audio: str) -> None:
    try:
        base64.b64decode(audio)
    except (binascii.Error, ValueError) as error:
        raise Refusal(
            400,
            f"the field params.audio_base64 is no base64: {error}",
            expected="audio bytes in base64",
            next_step="Encode the recording as base64 before you send it.",
        ) from None
