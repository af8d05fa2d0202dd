"""What a store says when it cannot do what was asked."""

from __future__ import annotations

from chatkit.store import NotFoundError

__all__ = ["StoreError", "no_attachment", "no_cursor", "no_item", "no_thread"]


class StoreError(RuntimeError):
    """The database behind a store failed; the message names the place, reason and next step."""


def no_thread(thread_id: str) -> NotFoundError:
    return NotFoundError(
        f"no thread {thread_id!r} in this store: it was never saved, or it was deleted. "
        "Save a thread with save_thread() before you use its id."
    )


def no_item(thread_id: str, item_id: str) -> NotFoundError:
    return NotFoundError(
        f"no item {item_id!r} in thread {thread_id!r}: it was never saved, or it was deleted. "
        "List what is there with load_thread_items()."
    )


def no_attachment(attachment_id: str) -> NotFoundError:
    return NotFoundError(
        f"no attachment {attachment_id!r} in this store: it was never saved, or it was deleted. "
        "Save its metadata with save_attachment() before a message refers to it."
    )


def no_cursor(after: str, where: str) -> NotFoundError:
    return NotFoundError(
        f"cannot continue after {after!r}: it is not in {where}. "
        "Pass the `after` of the page before, or None to start again."
    )
