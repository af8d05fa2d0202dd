"""What a SQL store asks of its tables, as plain functions of a connection.

Each runs inside one transaction that the caller opens and ends. Only standard SQL: an "upsert" is
an UPDATE and, when that finds no row, an INSERT. If another writer inserts first, the caller
meets an IntegrityError and runs the function again (`sql.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from .errors import no_attachment, no_cursor, no_item, no_thread
from .tables import attachments, items, threads

__all__ = [
    "Found",
    "delete_attachment",
    "delete_item",
    "delete_thread",
    "load_attachment",
    "load_item",
    "load_thread",
    "page_of_items",
    "page_of_threads",
    "save_attachment",
    "save_item",
    "save_thread",
]


class Found(NamedTuple):
    """A page of bodies, with the cursor of the next page or None at the end."""

    bodies: list[str]
    after: str | None


def load_thread(db: sa.Connection, thread_id: str) -> str:
    body = db.scalar(sa.select(threads.c.body).where(threads.c.id == thread_id))
    if body is None:
        raise no_thread(thread_id)
    return str(body)


def save_thread(db: sa.Connection, thread_id: str, at: int, body: str) -> None:
    _save(db, threads, {"id": thread_id}, body, at=at)


def delete_thread(db: sa.Connection, thread_id: str) -> None:
    if db.execute(sa.delete(threads).where(threads.c.id == thread_id)).rowcount == 0:
        raise no_thread(thread_id)  # its items go with it: ON DELETE CASCADE


def page_of_threads(db: sa.Connection, after: str | None, limit: int, newest_first: bool) -> Found:
    return _page(db, threads, {}, after, limit, newest_first, "this store's threads")


def page_of_items(
    db: sa.Connection, thread_id: str, after: str | None, limit: int, newest_first: bool
) -> Found:
    _require_thread(db, thread_id)
    where = {"thread_id": thread_id}
    return _page(db, items, where, after, limit, newest_first, f"thread {thread_id!r}")


def save_item(db: sa.Connection, thread_id: str, item_id: str, at: int, body: str) -> None:
    _require_thread(db, thread_id)
    _save(db, items, {"thread_id": thread_id, "id": item_id}, body, at=at)


def load_item(db: sa.Connection, thread_id: str, item_id: str) -> str:
    key = {"thread_id": thread_id, "id": item_id}
    body = db.scalar(sa.select(items.c.body).where(*_same(items, key)))
    if body is None:
        _require_thread(db, thread_id)
        raise no_item(thread_id, item_id)
    return str(body)


def delete_item(db: sa.Connection, thread_id: str, item_id: str) -> None:
    _require_thread(db, thread_id)
    # No error for an unknown item: after a guardrail trips, ChatKit removes every item that it
    # announced, also those that were never saved (chatkit/agents.py, ThreadItemRemovedEvent).
    db.execute(sa.delete(items).where(*_same(items, {"thread_id": thread_id, "id": item_id})))


def save_attachment(db: sa.Connection, attachment_id: str, body: str) -> None:
    _save(db, attachments, {"id": attachment_id}, body)


def load_attachment(db: sa.Connection, attachment_id: str) -> str:
    body = db.scalar(sa.select(attachments.c.body).where(attachments.c.id == attachment_id))
    if body is None:
        raise no_attachment(attachment_id)
    return str(body)


def delete_attachment(db: sa.Connection, attachment_id: str) -> None:
    gone = db.execute(sa.delete(attachments).where(attachments.c.id == attachment_id))
    if gone.rowcount == 0:
        raise no_attachment(attachment_id)


def _require_thread(db: sa.Connection, thread_id: str) -> None:
    if db.scalar(sa.select(threads.c.seq).where(threads.c.id == thread_id)) is None:
        raise no_thread(thread_id)


def _same(table: sa.Table, key: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


def _save(db: sa.Connection, table: sa.Table, key: dict[str, str], body: str, **first: int) -> None:
    """Replace the body of a row, or insert the row; `first` (its place) stays as inserted."""
    known = db.execute(sa.update(table).where(*_same(table, key)).values(body=body))
    if known.rowcount == 0:
        db.execute(sa.insert(table).values(**key, **first, body=body))


def _page(
    db: sa.Connection,
    table: sa.Table,
    key: Mapping[str, str],
    after: str | None,
    limit: int,
    newest_first: bool,
    where: str,
) -> Found:
    at, seq = table.c.at, table.c.seq
    wanted = sa.select(table.c.id, table.c.body).where(*_same(table, key))
    if after is not None:
        cursor = db.execute(
            sa.select(at, seq).where(*_same(table, key), table.c.id == after)
        ).one_or_none()
        if cursor is None:
            raise no_cursor(after, where)
        wanted = wanted.where(*_beyond(table, cursor, newest_first))
    wanted = wanted.order_by(*((at.desc(), seq.desc()) if newest_first else (at, seq)))
    rows = db.execute(
        wanted.limit(limit + 1)
    ).all()  # one more than asked for tells whether more follow
    page, more = rows[:limit], len(rows) > limit
    return Found([row.body for row in page], page[-1].id if more else None)


def _beyond(
    table: sa.Table, cursor: sa.Row[int, int], newest_first: bool
) -> list[sa.ColumnElement[bool]]:
    at, seq = table.c.at, table.c.seq
    # The first clause follows from the second; alone, it lets every database use its index.
    if newest_first:
        return [at <= cursor.at, sa.or_(at < cursor.at, seq < cursor.seq)]
    return [at >= cursor.at, sa.or_(at > cursor.at, seq > cursor.seq)]
