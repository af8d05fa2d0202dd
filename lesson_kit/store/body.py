"""The stored form of ChatKit's models: JSON text."""

from __future__ import annotations

from typing import TypeVar

from chatkit.types import Attachment, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from .errors import StoreError

__all__ = ["ATTACHMENT", "ITEM", "THREAD", "bare_thread", "pack", "unpack"]

T = TypeVar("T")

THREAD: TypeAdapter[ThreadMetadata] = TypeAdapter(ThreadMetadata)
ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)


def bare_thread(thread: ThreadMetadata) -> ThreadMetadata:
    """Return a deep copy of a thread without its items.

    On a first turn ChatKit saves a `Thread`, which carries a page of items (chatkit/server.py,
    `_process_events`). Handed back as it came, it would break `Thread(**metadata, items=...)`
    there.
    """
    fields = {name: getattr(thread, name) for name in ThreadMetadata.model_fields}
    return ThreadMetadata.model_construct(
        thread.model_fields_set & set(fields), **fields
    ).model_copy(deep=True)


def pack(adapter: TypeAdapter[T], thing: T, name: str) -> str:
    """Return a model as JSON text; raise `StoreError` when something in it is not JSON."""
    try:
        return adapter.dump_json(thing).decode()
    except PydanticSerializationError as error:
        raise StoreError(
            f"{name} cannot be stored as JSON: {error}. "
            "Keep to text, numbers, booleans, None, lists and dicts in fields such as metadata."
        ) from None


def unpack(adapter: TypeAdapter[T], body: str, name: str) -> T:
    """Return the model that `pack` stored; raise `StoreError` for a form unknown to ChatKit."""
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise StoreError(
            f"{name} is in the database, but this version of openai-chatkit cannot read it: "
            f"{problem['msg']} at {problem['loc']}. It was probably saved by a newer version: "
            "upgrade openai-chatkit, or delete it."
        ) from None
