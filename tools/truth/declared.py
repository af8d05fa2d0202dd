"""What a class or a function declares: members, annotations, read from the installed package."""

from __future__ import annotations

import inspect
import re
import sys
import typing
from functools import cache
from typing import Any

from .catalogue import ROOTS

__all__ = ["hints", "is_read", "members", "set_at_start"]


def is_read(kind: Any) -> bool:
    """Whether this class is one to judge: a class of the SDKs that makes up no attributes while it runs."""
    if kind in (str, bytes, dict, list):
        return True
    own = (
        base
        for base in kind.__mro__
        if base.__module__.partition(".")[0] not in ("builtins", "pydantic")
    )
    dynamic = any({"__getattr__", "__getattribute__"} & vars(base).keys() for base in own)
    return kind.__module__.partition(".")[0] in ROOTS and not dynamic


def members(kind: Any) -> frozenset[str]:
    """Every attribute that an object of this class can have: declared, or set on `self` in its source."""
    return _members(kind)


@cache
def _members(kind: Any) -> frozenset[str]:
    found = {*dir(kind)}
    for base in kind.__mro__[:-1]:
        found.update(vars(base).get("__annotations__", ()))
        found.update(getattr(base, "model_fields", None) or ())
        if base.__module__.partition(".")[0] in ROOTS:
            try:
                found.update(
                    re.findall(r"\bself\.(\w+)\s*(?::[^=\n]+)?=[^=]", inspect.getsource(base))
                )
            except (OSError, TypeError):
                continue
    return frozenset(found)


def set_at_start(kind: Any, name: str) -> Any:
    """The annotation behind `self.store = store` in the `__init__` of a class, where `store` is a parameter."""
    for base in kind.__mro__[:-1]:
        start = vars(base).get("__init__")
        if inspect.isfunction(start) and is_read(base):
            try:
                found = re.search(
                    rf"\bself\.{name}\s*=\s*(\w+)\s*$", inspect.getsource(start), re.MULTILINE
                )
            except (OSError, TypeError):
                continue
            if found:
                return hints(start).get(found[1])
    return None


def hints(thing: Any) -> dict[str, Any]:
    """The annotations of a class or function, resolved; {} where that cannot be done."""
    return _hints(thing)


@cache
def _hints(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except Exception:  # a name that exists for type checkers only: the others can still be read
        return _readable_hints(thing)


def _readable_hints(thing: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for holder in reversed(getattr(thing, "__mro__", (thing,))):
        home = vars(sys.modules.get(getattr(holder, "__module__", ""), typing))
        for name, annotation in vars(holder).get("__annotations__", {}).items():
            try:
                written = eval(annotation, home) if isinstance(annotation, str) else annotation
            except Exception:  # as above
                continue
            found[name] = written
    return found
