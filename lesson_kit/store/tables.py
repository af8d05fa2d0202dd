"""The tables of a SQL store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["VERSION", "attachments", "items", "metadata", "schema_version", "threads", "turns"]

# Raise it with every change of a table below, and teach `layout.py` to bring older databases up to it.
VERSION = 2


class _Name(sa.types.TypeDecorator[str]):
    """An id or a user: up to 255 characters, any of them.

    PostgreSQL keeps no NUL in a text, and a client may send one in an id: there it is written as a backslash and a
    nought.
    """

    impl = sa.String(255)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is None or dialect.name == "sqlite":
            return value
        return value.replace("\\", "\\\\").replace("\0", "\\0")

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        if value is None or dialect.name == "sqlite":
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))


metadata = sa.MetaData()
# SQLite counts up only a column of exactly this type; elsewhere 2**31 messages are not enough for
# all time.
_Seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

schema_version = sa.Table(
    "schema_version",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
)

# `at` is the instant of created_at in microseconds, `seq` the order of arrival: together, the
# place in a page. The body is text, not JSONB: PostgreSQL's JSONB refuses the \u0000 that a model
# may well write. `owner` has a default for the kit that knew no users: in the middle of a deploy
# it still writes here.
threads = sa.Table(
    "threads",
    metadata,
    sa.Column("seq", _Seq, primary_key=True),
    sa.Column("id", _Name, nullable=False, unique=True),
    sa.Column("owner", _Name, nullable=False, server_default=""),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("threads_by_owner", "owner", "at", "seq"),
)

# An item's id is unique in its thread only: every Chat Completions answer is called `__fake_id__`
# (ledger, finding 8), and one thread's answer must not overwrite another's.
items = sa.Table(
    "items",
    metadata,
    sa.Column("seq", _Seq, primary_key=True),
    sa.Column("thread_id", _Name, sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    sa.Column("id", _Name, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("thread_id", "id"),
    sa.Index("items_by_time", "thread_id", "at", "seq"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", _Name, primary_key=True),
    sa.Column("owner", _Name, nullable=False, server_default=""),
    sa.Column("body", sa.Text, nullable=False),
)

# The turns in progress (see `turns.py`): a row comes with a turn and goes with it.
turns = sa.Table(
    "turns",
    metadata,
    sa.Column(
        "thread_id", _Name, sa.ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("turn", sa.String(32), nullable=False),
    sa.Column("server", sa.String(32), nullable=False),
    sa.Column("overtaken", sa.Boolean, nullable=False),
)
