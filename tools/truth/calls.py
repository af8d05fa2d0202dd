"""The keywords of a call, held against the signature of what is called."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any, get_args, is_typeddict

from .catalogue import ROOTS
from .kinds import Kind, Known, hints

__all__ = ["keywords", "wrong_keywords"]


def wrong_keywords(call: ast.Call, kind: Kind) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each keyword that the callable surely does not take, with those that it takes."""
    if not isinstance(kind, Known):
        return
    allowed = keywords(kind.value)
    if allowed is not None:
        for given in call.keywords:
            if given.arg is not None and given.arg not in allowed:
                yield given.arg, allowed


def keywords(value: Any) -> frozenset[str] | None:
    """The keywords that a callable of the SDKs takes; None where anything may be given."""
    root = str(getattr(value, "__module__", "") or "").partition(".")[0]
    if root not in ROOTS or not callable(value):
        return None
    fields = getattr(value, "model_fields", None)
    if inspect.isclass(value) and isinstance(fields, dict):
        # Pydantic drops unknown keywords in silence, and openai's models keep them: neither is a proof.
        aliases = {field.alias for field in fields.values() if field.alias}
        return frozenset(fields) | aliases
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return None
    allowed: set[str] = set()
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            unpacked = _unpacked(value, name)
            if unpacked is None:
                return None
            allowed |= unpacked
        elif parameter.kind is not parameter.POSITIONAL_ONLY:
            allowed.add(name)
    return frozenset(allowed)


def _unpacked(value: Any, name: str) -> set[str] | None:
    """The keys of `**kwargs: Unpack[SomeTypedDict]`."""
    annotation = hints(getattr(value, "__func__", value)).get(name)
    for part in get_args(annotation):
        kind = getattr(part, "__origin__", part)
        if is_typeddict(kind):
            return set(kind.__annotations__)
    return None
