"""Values made up from a description: JSON for a schema, arguments for a constructor."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any, get_type_hints
from unittest.mock import MagicMock

from chatkit.store import Store

from ..store import MemoryStore
from .latency import nobody

__all__ = ["AnyContext", "construct", "example_json", "request_context"]

_EMPTY: dict[Any, Any] = {str: "x", int: 1, float: 1.0, bool: False, bytes: b"x"}
_STORES = ("store", "db", "database", "repo", "repository", "storage", "persistence")
# What AgentContext has and a request's context has not: with a made-up value, that mistake would not show.
_NOT_REQUESTS = ("thread", "store", "workflow_item", "request_context", "generate_id", "stream")


class AnyContext(dict[str, Any]):
    """A request context that has whatever is asked for: `context["user_id"]` as well as `context.user_id`."""

    def __missing__(self, key: str) -> str:
        return f"diagnose-{key}"

    def __getattr__(self, name: str) -> str:
        if name.startswith("_") or name in _NOT_REQUESTS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return f"diagnose-{name}"


def request_context(respond: Any) -> Any:
    """Make a context for requests, of the class that `respond` names if it names one."""
    try:
        hints = list(get_type_hints(respond).items())
        wanted = dict(hints).get("context", Any)
    except Exception:
        wanted = Any
    if isinstance(wanted, type) and not issubclass(wanted, dict | Store) and wanted is not object:
        try:
            return construct(wanted)
        except Exception:
            return AnyContext()
    return AnyContext()


def construct(cls: type) -> Any:
    """Call a class with made-up arguments for the parameters that it requires.

    Stores are `MemoryStore`; what has no known shape is a stand-in that accepts anything. Raises what the
    constructor raises.
    """
    try:
        hints = get_type_hints(getattr(cls, "__init__"))  # noqa: B009  # mypy is right in general
    except Exception:
        hints = {}
    given: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.default is not parameter.empty or parameter.kind in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            continue
        value = _argument(parameter.name, hints.get(parameter.name, Any))
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            given.append(value)
    return cls(*given, **named)


def _argument(name: str, wanted: Any) -> Any:
    plain = getattr(wanted, "__origin__", wanted)
    words = name.lower().strip("_").split("_")
    if isinstance(plain, type) and issubclass(plain, Store):
        return MemoryStore(user_of=nobody)
    if "attachment" in words or "attachments" in words:
        return None
    if words[-1] in _STORES:
        return MemoryStore(user_of=nobody)
    if words[-1] == "model":
        return "gpt-4o"
    if words[-1] == "agent":
        from agents import Agent

        return Agent(name="Agent")
    if plain in _EMPTY:
        return _EMPTY[plain]
    if plain in (list, dict, tuple, set):
        return plain()
    if dataclasses.is_dataclass(plain) and isinstance(plain, type):
        return construct(plain)
    return MagicMock(name=name)


def example_json(schema: dict[str, Any]) -> str:
    """Make the smallest JSON text that fits a schema (objects, arrays, enums, references, plain types)."""
    return json.dumps(_example(schema, schema))


def _example(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _example(target, root)
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _example(schema[key][0], root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _example(inner, root) for name, inner in properties.items()}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "null":
            return None
    return "x"
