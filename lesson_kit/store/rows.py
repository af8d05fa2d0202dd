"""What a SQL store asks of its tables, as plain functions of a connection.

Each runs inside one transaction that the caller opens and ends. Only standard SQL: an "upsert" is
an UPDATE and, when that finds no row, an INSERT. If another writer inserts first, the caller
meets an IntegrityError and runs the function again (`database.py`).

`user` is the owner: what belongs to another is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from .errors import no_attachment, no_cursor, no_item, no_thread
from .tables import attachments, items, threads

__all__ = [
    "Found",
    "count_threads",
    "delete_attachment",
    "delete_item",
    "delete_thread",
    "load_attachment",
    "load_item",
    "load_thread",
    "page_of_items",
    "page_of_threads",
    "require_thread",
    "save_attachment",
    "save_item",
    "save_thread",
]


class Found(NamedTuple):
    """A page of bodies, with the cursor of the next page or None at the end."""

    bodies: list[str]
    after: str | None


def load_thread(db: sa.Connection, user: str, thread_id: str) -> str:
    body = db.scalar(sa.select(threads.c.body).where(*_own(threads, user, thread_id)))
    if body is None:
        raise no_thread(thread_id)
    return str(body)


def save_thread(db: sa.Connection, user: str, thread_id: str, at: int, body: str) -> None:
    _refuse_foreign(db, threads, user, thread_id, no_thread)
    _save(db, threads, {"id": thread_id, "owner": user}, body, at=at)


def delete_thread(db: sa.Connection, user: str, thread_id: str) -> None:
    if db.execute(sa.delete(threads).where(*_own(threads, user, thread_id))).rowcount == 0:
        raise no_thread(thread_id)  # its items go with it: ON DELETE CASCADE


def count_threads(db: sa.Connection, user: str) -> int:
    counted = sa.select(sa.func.count()).select_from(threads).where(threads.c.owner == user)
    return db.scalar(counted) or 0


def page_of_threads(
    db: sa.Connection, user: str, after: str | None, limit: int, newest_first: bool
) -> Found:
    where = {"owner": user}
    return _page(db, threads, where, after, limit, newest_first, "this store's threads")


def page_of_items(
    db: sa.Connection, user: str, thread_id: str, after: str | None, limit: int, newest_first: bool
) -> Found:
    require_thread(db, user, thread_id)
    where = {"thread_id": thread_id}
    return _page(db, items, where, after, limit, newest_first, f"thread {thread_id!r}")


def save_item(
    db: sa.Connection, user: str, thread_id: str, item_id: str, at: int, body: str
) -> None:
    require_thread(db, user, thread_id)
    _save(db, items, {"thread_id": thread_id, "id": item_id}, body, at=at)


def load_item(db: sa.Connection, user: str, thread_id: str, item_id: str) -> str:
    require_thread(db, user, thread_id)
    key = {"thread_id": thread_id, "id": item_id}
    body = db.scalar(sa.select(items.c.body).where(*_same(items, key)))
    if body is None:
        raise no_item(thread_id, item_id)
    return str(body)


def delete_item(db: sa.Connection, user: str, thread_id: str, item_id: str) -> None:
    require_thread(db, user, thread_id)
    # No error for an unknown item: after a guardrail trips, ChatKit removes every item that it
    # announced, also those that were never saved (chatkit/agents.py, ThreadItemRemovedEvent).
    db.execute(sa.delete(items).where(*_same(items, {"thread_id": thread_id, "id": item_id})))


def save_attachment(db: sa.Connection, user: str, attachment_id: str, body: str) -> None:
    _refuse_foreign(db, attachments, user, attachment_id, no_attachment)
    _save(db, attachments, {"id": attachment_id, "owner": user}, body)


def load_attachment(db: sa.Connection, user: str, attachment_id: str) -> str:
    own = _own(attachments, user, attachment_id)
    body = db.scalar(sa.select(attachments.c.body).where(*own))
    if body is None:
        raise no_attachment(attachment_id)
    return str(body)


def delete_attachment(db: sa.Connection, user: str, attachment_id: str) -> None:
    gone = db.execute(sa.delete(attachments).where(*_own(attachments, user, attachment_id)))
    if gone.rowcount == 0:
        raise no_attachment(attachment_id)


def require_thread(db: sa.Connection, user: str, thread_id: str) -> None:
    """Raise `NotFoundError` for a thread that is not there, or not this user's."""
    if db.scalar(sa.select(threads.c.seq).where(*_own(threads, user, thread_id))) is None:
        raise no_thread(thread_id)


def _refuse_foreign(
    db: sa.Connection, table: sa.Table, user: str, its_id: str, unknown: Callable[[str], Exception]
) -> None:
    # If another user saves the same id in this very moment, the INSERT below meets an IntegrityError, and this runs again.
    taken = sa.select(table.c.id).where(table.c.id == its_id, table.c.owner != user)
    if db.scalar(taken) is not None:
        raise unknown(its_id)


def _own(table: sa.Table, user: str, its_id: str) -> list[sa.ColumnElement[bool]]:
    return _same(table, {"id": its_id, "owner": user})


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
    # One more than asked for tells whether more follow.
    rows = db.execute(wanted.limit(limit + 1)).all()
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
