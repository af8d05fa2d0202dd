"""A server's store made to await: its own with a wait in every call, or a MemoryStore in its place."""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.store import Store
from pydantic import BaseModel

from ..store import MemoryStore

__all__ = ["awaits", "slow_down", "speed_up"]

CALLS = [name for name in Store.__abstractmethods__ if not name.startswith("generate")]
# Signs of a store that reaches beyond this process: it is never called here.
_OUTSIDE = ("sqlite", "open(", "connect(", "engine", "session", "redis", "httpx", "boto", "Path(")


def awaits(store: Any) -> bool:
    """Tell whether the store's own calls wait for anything, read from its source; True where there is none."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(type(store))))
    except (OSError, TypeError, SyntaxError):
        return True
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
    return any(isinstance(node, waits) for node in ast.walk(tree))


def _in_memory(store: Any) -> bool:
    if isinstance(store, MemoryStore):
        return True
    try:
        source = inspect.getsource(type(store))
    except (OSError, TypeError):
        return False
    return not any(sign in source for sign in _OUTSIDE)


def slow_down(server: ChatKitServer[Any], seconds: float) -> Any:
    """Make every call of the server's store take `seconds` before it does its work, as a database does.

    A store that keeps all in memory stays and gets the wait; any other is replaced. Returns the store in use.
    """
    old = getattr(server, "store", None)
    store = old if isinstance(old, Store) and _in_memory(old) else _in_place_of(old)
    for name, value in list(vars(server).items()):
        if value is old or name == "store":
            setattr(server, name, store)
    for name in CALLS:
        setattr(store, name, _waiting(getattr(type(store), name), store, seconds))
    return store


def speed_up(store: Any) -> None:
    """Take the waits off again."""
    for name in CALLS:
        vars(store).pop(name, None)


def _waiting(call: Callable[..., Any], store: Any, seconds: float) -> Callable[..., Any]:
    async def wait_and_call(*args: Any, **kwargs: Any) -> Any:
        copies = [arg.model_copy(deep=True) if isinstance(arg, BaseModel) else arg for arg in args]
        await asyncio.sleep(seconds)
        return await call(store, *copies, **kwargs)

    return wait_and_call


class _Substitute(MemoryStore):
    """A MemoryStore that has the other attributes of the store in whose place it stands."""

    def __init__(self, old: Any) -> None:
        super().__init__(user_of=nobody)
        self._old = old

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_old"], name)


def _in_place_of(old: Any) -> MemoryStore:
    return _Substitute(old) if old is not None else MemoryStore(user_of=nobody)


def nobody(context: Any) -> str:
    """Give no user: a server that is diagnosed may have a context of any form."""
    return ""
