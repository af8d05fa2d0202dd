"""Stores: where threads live between requests.

`MemoryStore` awaits like a database and forgets at exit; `SQLStore` keeps all in a SQL database,
by default a SQLite file. Both keep the whole contract of `chatkit.store.Store`, and raise
ChatKit's `NotFoundError` for ids that they do not know. Both keep users apart: what a request's
`context.user` saved is not there for another (see `owner.py`), and `count_threads(context)` counts
what is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatkit.store import NotFoundError

from .errors import StoreError
from .memory import MemoryStore

if TYPE_CHECKING:
    from .sql import SQLStore

__all__ = ["MemoryStore", "NotFoundError", "SQLStore", "StoreError"]


def __getattr__(name: str) -> Any:
    # SQLAlchemy takes a quarter of a second to import, and most servers of the course keep their threads in memory.
    if name != "SQLStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .sql import SQLStore

    return SQLStore
