"""What an expression is, as far as annotations tell: its members, and what calling or looping gives.

Nothing is run. Wherever the answer is not certain it is `UNKNOWN`, and nothing that follows from it is judged.
"""

from __future__ import annotations

import collections.abc as abc
import inspect
import types
import typing
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

from .catalogue import module
from .declared import hints, is_read, members, set_at_start

__all__ = [
    "MISSING", "UNKNOWN", "Awaitable", "Instance", "Kind", "Known", "Local",
    "attribute", "awaited", "element", "hints", "known_of", "made", "members", "name_of",
]  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A module, class or function that exists."""

    value: Any
    bound: bool = False  # a method reached through an instance


@dataclass(frozen=True)
class Instance:
    """An object of this annotation: a class, a union, a generic alias."""

    of: Any


@dataclass(frozen=True)
class Awaitable:
    """What a call of an `async def` gives, before the `await`."""

    gives: Kind


@dataclass(frozen=True)
class Local:
    """A class that the text itself defines, or (`made`) an object of it."""

    name: str
    bases: tuple[Kind, ...]
    own: set[str] = field(default_factory=set, hash=False, compare=False)
    made: bool = False


class _Sign:
    def __init__(self, name: str) -> None:
        self.name = name


UNKNOWN, MISSING = _Sign("UNKNOWN"), _Sign("MISSING")
Kind: TypeAlias = Known | Instance | Awaitable | Local | _Sign

_UNIONS = (typing.Union, types.UnionType)
_LOOPED = (
    abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator, abc.Iterator, abc.Iterable, abc.Generator,
    abc.Sequence, list, set, frozenset,
)  # fmt: skip


def attribute(kind: Kind, name: str) -> Kind:
    """Find an attribute: what it is, `MISSING` when there surely is none, else `UNKNOWN`."""
    if name.startswith("__"):
        return UNKNOWN
    if isinstance(kind, Local):
        return _of_local(kind, name)
    if isinstance(kind, Instance):
        return _of_instance(kind.of, name)
    if isinstance(kind, Known):
        return _of_known(kind.value, name)
    return UNKNOWN


def _of_local(kind: Local, name: str) -> Kind:
    if name in kind.own:
        return UNKNOWN
    found = [
        attribute(Instance(base.value) if isinstance(base, Known) else base, name)
        for base in kind.bases
    ]
    if any(value is not MISSING for value in found):
        return next(value for value in found if value is not MISSING)
    return MISSING if kind.bases else UNKNOWN


def _of_known(value: Any, name: str) -> Kind:
    if inspect.ismodule(value):
        if hasattr(value, name):
            found = getattr(value, name)
            callable_or_module = (
                inspect.ismodule(found) or inspect.isclass(found) or inspect.isroutine(found)
            )
            return Known(found) if callable_or_module else UNKNOWN
        inner = module(f"{value.__name__}.{name}")
        return Known(inner) if inner else MISSING
    if inspect.isclass(value) and is_read(value):
        found = getattr(value, name, None)
        if inspect.isroutine(found) or inspect.isclass(found):
            return Known(found, bound=inspect.ismethod(found))
        return UNKNOWN if name in members(value) else MISSING
    return UNKNOWN


def _of_instance(of: Any, name: str) -> Kind:
    origin = get_origin(of)
    if origin is typing.Annotated:
        return _of_instance(get_args(of)[0], name)
    if origin in _UNIONS:
        arms = [part for part in get_args(of) if part is not type(None)]
        found = [_of_instance(part, name) for part in arms]
        there = [value for value in found if value is not MISSING]
        if any(not isinstance(value, Instance) for value in there):
            return there[0] if len(there) == 1 else UNKNOWN
        instances = [value.of for value in there if isinstance(value, Instance)]
        return Instance(typing.Union[tuple(instances)]) if instances else MISSING  # noqa: UP007
    kind: Any = origin or of
    if not inspect.isclass(kind) or not is_read(kind):
        return UNKNOWN
    if name not in members(kind):
        return MISSING
    found = inspect.getattr_static(kind, name, None)
    if isinstance(found, property):
        return _instance(hints(found.fget).get("return"), of)
    if isinstance(found, staticmethod | classmethod) or inspect.isfunction(found):
        return Known(getattr(kind, name), bound=not isinstance(found, staticmethod))
    return _instance(hints(kind).get(name) or set_at_start(kind, name), of)


def _instance(annotation: Any, holder: Any = None) -> Kind:
    if isinstance(annotation, TypeVar):
        parameters = getattr(get_origin(holder), "__parameters__", ())
        given = dict(zip(parameters, get_args(holder), strict=False))
        annotation = given.get(annotation, Any)
    if annotation is typing.Self:
        annotation = holder
    return (
        UNKNOWN
        if annotation in (None, Any, object) or isinstance(annotation, TypeVar)
        else Instance(annotation)
    )


def made(kind: Kind, arguments: list[Kind]) -> Kind:
    """What calling it gives."""
    if isinstance(kind, Local):
        return Local(kind.name, kind.bases, kind.own, made=True)
    if not isinstance(kind, Known):
        return UNKNOWN
    value = kind.value
    if inspect.isclass(value):
        return Instance(value)
    result = hints(inspect.unwrap(getattr(value, "__func__", value))).get("return")
    if isinstance(result, TypeVar):  # `run(main()) -> T`: T is what the coroutine gives
        inner = arguments[0] if arguments else UNKNOWN
        return inner.gives if isinstance(inner, Awaitable) else UNKNOWN
    gives = _instance(result, getattr(value, "__self__", None))
    return Awaitable(gives) if inspect.iscoroutinefunction(value) else gives


def awaited(kind: Kind) -> Kind:
    """What `await` gives."""
    return kind.gives if isinstance(kind, Awaitable) else UNKNOWN


def element(kind: Kind) -> Kind:
    """What a loop over it gives, one by one."""
    if not isinstance(kind, Instance):
        return UNKNOWN
    origin, arguments = get_origin(kind.of), get_args(kind.of)
    if origin is tuple and len(set(arguments) - {...}) == 1:
        return _instance(arguments[0])
    if origin in _LOOPED and arguments:
        return _instance(arguments[0])
    if inspect.isclass(kind.of):
        for method in ("__anext__", "__iter__"):
            result = (
                hints(getattr(kind.of, method, None)).get("return")
                if hasattr(kind.of, method)
                else None
            )
            if result is not None:
                return _instance(result) if method == "__anext__" else element(Instance(result))
    return UNKNOWN


def name_of(kind: Kind) -> str:
    """How a finding names it."""
    value = getattr(kind, "value", getattr(kind, "of", None))
    if isinstance(kind, Local):
        return kind.name
    return str(getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or value)[
        :60
    ]


def known_of(kind: Kind) -> set[str]:
    """Every name that it has, to find the nearest."""
    if isinstance(kind, Local):
        return set(kind.own).union(*(known_of(base) for base in kind.bases))
    value = getattr(kind, "value", getattr(kind, "of", None))
    parts = getattr(value, "__args__", None) or [value]
    return {
        name for part in parts for name in (members(part) if inspect.isclass(part) else dir(part))
    }
