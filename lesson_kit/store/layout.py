"""The layout of a store's database: made when new, brought up to date when old, left alone when not ours."""

from __future__ import annotations

import sqlalchemy as sa

from .errors import StoreError
from .tables import VERSION, metadata, schema_version, turns

__all__ = ["lay_out"]

# From layout 1, which knew neither users nor turns. Plain standard SQL: the definitions in `tables.py` will move on.
_FROM_1 = (
    "ALTER TABLE threads ADD COLUMN owner VARCHAR(255) DEFAULT '' NOT NULL",
    "ALTER TABLE attachments ADD COLUMN owner VARCHAR(255) DEFAULT '' NOT NULL",
    "CREATE INDEX threads_by_owner ON threads (owner, at, seq)",
    "DROP INDEX threads_by_time",
)


def lay_out(db: sa.Connection, place: str) -> None:
    """Create the tables where there are none, and upgrade those of an older layout; all of it or nothing.

    Raises `StoreError` for a layout that is newer, or not a store's.
    """
    ours = set(metadata.tables)
    there = _tables(db)
    if not there & ours:
        metadata.create_all(db, checkfirst=False)
        db.execute(sa.insert(schema_version).values(version=VERSION))
        return
    if schema_version.name not in there:
        raise _not_ours(place, ours - there)
    # The lock (SQLite has its own already) waits for another process that upgrades; then the tables are looked at
    # anew, since a server shows each statement what was committed by then.
    versions = list(db.scalars(sa.select(schema_version.c.version).with_for_update()))
    there = _tables(db)
    upgradable = versions == [1]
    if missing := ours - there - ({turns.name} if upgradable else set()):
        raise _not_ours(place, missing)
    if upgradable:
        _upgrade(db)
    elif versions != [VERSION]:
        raise _other_version(place, versions)


def _tables(db: sa.Connection) -> set[str]:
    return set(sa.inspect(db).get_table_names())


def _upgrade(db: sa.Connection) -> None:
    for statement in _FROM_1:
        db.exec_driver_sql(statement)
    metadata.create_all(db, tables=[turns], checkfirst=False)
    db.execute(sa.update(schema_version).values(version=VERSION))


def _not_ours(place: str, missing: set[str]) -> StoreError:
    return StoreError(
        f"{place} is not a lesson-kit store: it has tables of the same names, but not "
        f"{sorted(missing)}. Name another database; this one is left as it is."
    )


def _other_version(place: str, versions: list[int]) -> StoreError:
    if len(versions) == 1 and versions[0] > VERSION:
        return StoreError(
            f"{place} has store layout {versions[0]}, but this lesson-kit knows layout {VERSION}: "
            "a newer lesson-kit made it. Upgrade lesson-kit, or name another database; "
            "this one is left as it is."
        )
    return StoreError(
        f"{place} has store layout {versions or 'unknown'}, but this lesson-kit knows layouts "
        f"1 to {VERSION} only. "
        "Name another database, or move this one away to begin a new one; it is left as it is."
    )
