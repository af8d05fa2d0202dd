"""Turns in progress that every server on one database can see: a row each.

A row says: this server answers on this thread. Whoever has a new message for the thread marks the row as overtaken;
the server that reads the mark stops its turn, saves what arrived, and takes the row away. So a thread without a row
is free, and its history is complete.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from .database import Database
from .owner import user_of
from .rows import require_thread
from .tables import threads, turns

__all__ = ["SharedTurns"]


class SharedTurns:
    """The table of turns. `server` and `turn` are names of up to 32 characters that nobody else has.

    Every call raises `StoreError` when the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, thread_id: str, server: str, turn: str, context: Any) -> bool:
        """Take a thread that no other server holds; return whether that was so.

        Raises `NotFoundError` for a thread that is not there, or not this user's.
        """
        return await self._database.write(_begin, user_of(context), thread_id, server, turn)

    async def overtake(self, thread_id: str, server: str, context: Any) -> bool:
        """Ask any other server that holds the thread to stop; return whether one still holds it."""
        return await self._database.write(_overtake, user_of(context), thread_id, server)

    async def forget(self, thread_id: str, server: str) -> None:
        """Free a thread whose overtaken turn does not end: its server is probably gone."""
        await self._database.write(_forget, thread_id, server)

    async def held(self, server: str) -> set[str]:
        """Return the turns that a server holds and nobody has overtaken."""
        return await self._database.read(_held, server)

    async def end(self, turn: str) -> None:
        """Free a turn's thread, unless another turn has taken it meanwhile."""
        await self._database.write(_end, turn)


def _begin(db: sa.Connection, user: str, thread_id: str, server: str, turn: str) -> bool:
    require_thread(db, user, thread_id)
    row = {"turn": turn, "server": server, "overtaken": False}
    # A server keeps its own turns apart already: its row is that of a turn that has ended this very moment.
    own = sa.update(turns).where(turns.c.thread_id == thread_id, turns.c.server == server)
    if db.execute(own.values(**row)).rowcount:
        return True
    if db.scalar(sa.select(turns.c.turn).where(turns.c.thread_id == thread_id)) is not None:
        return False
    db.execute(sa.insert(turns).values(thread_id=thread_id, **row))
    return True


def _overtake(db: sa.Connection, user: str, thread_id: str, server: str) -> bool:
    own = sa.select(threads.c.id).where(threads.c.id == thread_id, threads.c.owner == user)
    marked = sa.update(turns).where(turns.c.thread_id.in_(own), turns.c.server != server)
    return db.execute(marked.values(overtaken=True)).rowcount > 0


def _forget(db: sa.Connection, thread_id: str, server: str) -> None:
    others = (turns.c.thread_id == thread_id, turns.c.server != server, turns.c.overtaken)
    db.execute(sa.delete(turns).where(*others))


def _held(db: sa.Connection, server: str) -> set[str]:
    own = sa.select(turns.c.turn).where(turns.c.server == server, sa.not_(turns.c.overtaken))
    return set(db.scalars(own))


def _end(db: sa.Connection, turn: str) -> None:
    db.execute(sa.delete(turns).where(turns.c.turn == turn))
