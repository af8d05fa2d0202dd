"""A server out of a file that was never meant for us: import it, find the class, call its constructor."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from chatkit.server import ChatKitServer

from .shapes import construct

__all__ = ["NoServer", "find_server", "import_file"]

Make = Callable[[], ChatKitServer[Any]]


class NoServer(Exception):
    """The file holds no server that can be made."""


def import_file(folder: str, module: str) -> ModuleType:
    """Import it under its own name, so that a file in a package finds its neighbours."""
    sys.path.insert(0, folder)
    sys.argv = [module]
    sys.modules.pop(module, None) if module not in _KIT else None
    return importlib.import_module(module)


# Never anew: two copies of the kit's own classes in one process would not know each other.
_KIT = {name for name in sys.modules if name.split(".")[0] == "lesson_kit"}


def find_server(module: ModuleType, name: str | None) -> tuple[type, Make]:
    """Find the server's class, and how to make one: a fresh one for each call, where the class can be called.

    Without a name: the last class that no other class of the file builds on, or a module-level instance.
    """
    here = vars(module)
    if name is not None and name not in here:
        raise NoServer(f"there is no {name!r} in it")
    if name is not None:
        return _pick(here[name])
    instances = [value for value in here.values() if isinstance(value, ChatKitServer)]
    if instances:
        return _pick(instances[-1])
    classes = [value for value in here.values() if _is_server(value)]
    own = [cls for cls in classes if cls.__module__ == module.__name__]
    leaves = [
        cls
        for cls in own
        if not any(other is not cls and issubclass(other, cls) for other in own)
        and not inspect.isabstract(cls)
    ]
    for value in leaves[::-1]:
        return _pick(value)
    for value in here.values():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            made = _call(value)
            if isinstance(made, ChatKitServer):
                return type(made), value
    raise NoServer("there is no ChatKitServer in it")


def _is_server(value: Any) -> bool:
    return (
        isinstance(value, type) and issubclass(value, ChatKitServer) and value is not ChatKitServer
    )


def _pick(value: Any) -> tuple[type, Make]:
    if isinstance(value, ChatKitServer):
        return type(value), lambda: value
    if not _is_server(value):
        raise NoServer(f"{value!r} is no ChatKitServer")
    if inspect.isabstract(value):
        raise NoServer(
            f"{value.__name__} has no {', '.join(sorted(value.__abstractmethods__))} of its own"
        )
    return value, lambda: construct(value)


def _call(function: Callable[..., Any]) -> Any:
    """Call a factory that needs nothing and whose name says that it makes something."""
    if inspect.iscoroutinefunction(function) or inspect.signature(function).parameters:
        return None
    if not function.__name__.startswith(("make", "build", "create", "get", "new", "server")):
        return None
    return function()
