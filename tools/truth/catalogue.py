"""What the installed packages hold: names, event types, icons, versions."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import keyword
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

__all__ = [
    "ROOTS",
    "classes",
    "event_types",
    "icons",
    "is_icon",
    "methods",
    "module",
    "named",
    "versions",
    "words",
]

# Packages whose names are checked. Others, such as the standard library, change too seldom to be worth it.
ROOTS = (
    "agents",
    "chatkit",
    "openai",
    "lesson_kit",
    "starlette",
    "httpx2",
    "anyio",
    "uvicorn",
    "anywidget",
    "nh3",
)

# Walking all of openai would take seconds; these hold what a streaming course can name.
_WALKED = (
    *("agents", "agents.exceptions", "agents.items", "agents.stream_events", "agents.testing"),
    *(
        "agents.models.interface",
        "agents.tool_context",
        "agents.run_context",
        "agents.result",
        "agents.run",
    ),
    *("chatkit.actions", "chatkit.agents", "chatkit.errors", "chatkit.icons", "chatkit.server"),
    *("chatkit.store", "chatkit.types", "chatkit.widgets"),
    *("openai", "openai.types", "openai.types.responses"),
    *("starlette.applications", "starlette.requests", "starlette.responses", "starlette.routing"),
    *("starlette.middleware.gzip", "httpx2", "anyio", "uvicorn", "anywidget", "nh3", "asyncio"),
)


@cache
def module(name: str) -> ModuleType | None:
    """Import a module of `ROOTS` or of those that are walked; None when there is none."""
    if name.partition(".")[0] not in (*ROOTS, "asyncio"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # chatkit's widgets warn against themselves
            return importlib.import_module(name)
    except ImportError:
        return None


@cache
def _modules() -> tuple[ModuleType, ...]:
    kit = importlib.import_module("lesson_kit")
    found = pkgutil.walk_packages(kit.__path__, "lesson_kit.")
    ours = [entry.name for entry in found if not entry.name.endswith("__main__")]
    return tuple(filter(None, map(module, [*_WALKED, "lesson_kit", *ours])))


@cache
def named() -> dict[str, Any]:
    """Every public class or function by its bare name; what stands first in the list above wins."""
    index: dict[str, Any] = {}
    for place in _modules():
        for name in dir(place):
            if not name.startswith("_") and name not in index:
                value = getattr(place, name, None)
                # By its real type: openai's module holds proxies that build a whole client when they are looked at.
                if issubclass(type(value), type) or callable(value) or name[0].isupper():
                    index[name] = value
    return index


@cache
def methods() -> dict[str, Any]:
    """The public methods of the classes that a package shows at its top, where only one class has that name."""
    index: dict[str, list[Any]] = {}
    for name in ("agents", "chatkit.server", "chatkit.store", "chatkit.agents", "lesson_kit"):
        home = importlib.import_module(name)
        for kind in filter(inspect.isclass, (getattr(home, shown, None) for shown in dir(home))):
            for method in (name for name in vars(kind) if not name.startswith("_")):
                function = getattr(kind, method, None)
                if inspect.isroutine(function) and function not in index.setdefault(method, []):
                    index[method].append(function)
    return {method: found[0] for method, found in index.items() if len(found) == 1}


@cache
def classes() -> tuple[type, ...]:
    return tuple({value for value in named().values() if inspect.isclass(value)})


def _fields(kind: type) -> Iterator[tuple[str, Any]]:
    model_fields = getattr(kind, "model_fields", None)
    if isinstance(model_fields, dict):
        yield from ((name, field.annotation) for name, field in model_fields.items())
    elif "__annotations__" in vars(kind):
        yield from inspect.get_annotations(kind).items()


def _literals(annotation: Any) -> Iterator[str]:
    if isinstance(annotation, str) and annotation.startswith("Literal["):
        yield from re.findall(r"['\"]([^'\"]+)['\"]", annotation)
    elif get_origin(annotation) is Literal:
        yield from (value for value in get_args(annotation) if isinstance(value, str))
    else:
        for part in get_args(annotation):
            yield from _literals(part)


@cache
def event_types() -> frozenset[str]:
    """Every value that a `type` of an event, an item or a content part can have."""
    found: set[str] = set()
    for kind in classes():
        for name, annotation in _fields(kind):
            if name == "type" or (name == "name" and kind.__name__ == "RunItemStreamEvent"):
                found.update(_literals(annotation))
    return frozenset(found)


@cache
def icons() -> frozenset[str]:
    """The icon names of ChatKit, without the two open families `vendor:` and `lucide:`."""
    return frozenset(_literals(importlib.import_module("chatkit.icons").IconName))


def is_icon(name: str) -> bool:
    """Tell whether ChatKit takes this icon."""
    return name in icons() or re.match(r"(vendor|lucide):.", name) is not None


@cache
def versions() -> dict[str, str]:
    """The installed version of each direct dependency, and of the SDKs under the names that people use."""
    found: dict[str, str] = {}
    for line in metadata.requires("lesson-kit") or ():
        name = re.split(r"[\[<>=~! ;]", line)[0]
        try:
            found[name.lower()] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    aliases = {
        "agents sdk": "openai-agents",
        "chatkit": "openai-chatkit",
        "openai agents sdk": "openai-agents",
    }
    return found | {alias: found[name] for alias, name in aliases.items() if name in found}


@cache
def words() -> frozenset[str]:
    """Every identifier that the packages, Python itself and its standard library hold."""
    found = {
        *dir(builtins),
        *keyword.kwlist,
        *sys.stdlib_module_names,
        *named(),
        *event_types(),
        *icons(),
    }
    for place in (
        *_modules(),
        *map(importlib.import_module, ("asyncio", "typing", "contextlib", "time", "os")),
    ):
        found.update(dir(place))
        found.update(place.__name__.split("."))
    for kind in (*classes(), str, bytes, list, dict, set, tuple, BaseException):
        found.update(dir(kind))
        found.update(name for name, _ in _fields(kind))
    for value in named().values():
        if inspect.isroutine(value):
            found.update(_parameters(value))
    for kind in classes():
        for value in tuple(vars(kind).values()):
            if inspect.isfunction(inspect.unwrap(getattr(value, "__func__", value))):
                found.update(_parameters(getattr(value, "__func__", value)))
    return frozenset(found | _variables())


def _variables() -> set[str]:
    """The variables in ChatKit's source: a text that explains a surprise quotes its lines."""
    found: set[str] = set()
    for path in Path(importlib.import_module("chatkit").__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def _parameters(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
