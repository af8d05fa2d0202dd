"""The tables of a SQL store, with the version of their layout."""

from __future__ import annotations

import sqlalchemy as sa

from .errors import StoreError

__all__ = ["VERSION", "attachments", "items", "lay_out", "threads"]

# Raise it with every change of a table below, and teach `lay_out` to bring older files up to it.
VERSION = 1

metadata = sa.MetaData()
# SQLite counts up only a column of exactly this type; elsewhere 2**31 messages are not enough for
# all time.
_Seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Id = sa.String(255)

schema_version = sa.Table(
    "schema_version",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
)

# `at` is the instant of created_at in microseconds, `seq` the order of arrival: together, the
# place in a page. The body is text, not JSONB: PostgreSQL's JSONB refuses the \u0000 that a model
# may well write.
threads = sa.Table(
    "threads",
    metadata,
    sa.Column("seq", _Seq, primary_key=True),
    sa.Column("id", _Id, nullable=False, unique=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("threads_by_time", "at", "seq"),
)

# An item's id is unique in its thread only: every Chat Completions answer is called `__fake_id__`
# (ledger, finding 8), and one thread's answer must not overwrite another's.
items = sa.Table(
    "items",
    metadata,
    sa.Column("seq", _Seq, primary_key=True),
    sa.Column("thread_id", _Id, sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    sa.Column("id", _Id, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("thread_id", "id"),
    sa.Index("items_by_time", "thread_id", "at", "seq"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)


def lay_out(db: sa.Connection, place: str) -> None:
    """Create the tables where there are none; raise `StoreError` for those of another layout."""
    there = set(sa.inspect(db).get_table_names())
    if not there & set(metadata.tables):
        metadata.create_all(db, checkfirst=False)
        db.execute(sa.insert(schema_version).values(version=VERSION))
        return
    if missing := set(metadata.tables) - there:
        raise StoreError(
            f"{place} is not a lesson-kit store: it has tables of the same names, but not "
            f"{sorted(missing)}. Name another database; this one is left as it is."
        )
    versions = list(db.scalars(sa.select(schema_version.c.version)))
    if versions != [VERSION]:
        raise _other_version(place, versions)


def _other_version(place: str, versions: list[int]) -> StoreError:
    if len(versions) == 1 and versions[0] > VERSION:
        return StoreError(
            f"{place} has store layout {versions[0]}, but this lesson-kit knows layout {VERSION}: "
            "a newer lesson-kit made it. Upgrade lesson-kit, or name another database; "
            "this one is left as it is."
        )
    return StoreError(
        f"{place} has store layout {versions or 'unknown'}, but this lesson-kit knows layout "
        f"{VERSION} only. "
        "Name another database, or move this one away to begin a new one; it is left as it is."
    )
