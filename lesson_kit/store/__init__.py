"""Stores: where threads live between requests.

`MemoryStore` awaits like a database and forgets at exit; `SQLStore` keeps all in a SQL database,
by default a SQLite file. Both keep the whole contract of `chatkit.store.Store`, and raise
ChatKit's `NotFoundError` for ids that they do not know.
"""

from chatkit.store import NotFoundError

from .errors import StoreError
from .memory import MemoryStore
from .sql import SQLStore

__all__ = ["MemoryStore", "NotFoundError", "SQLStore", "StoreError"]
