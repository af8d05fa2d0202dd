"""Work of the SDKs that changes no result, left out while a scene is played: each line is a name in one module of theirs.

Measured with 16 questions of one delta each: four tenths of all computing. `tests/test_scene_shortcuts.py` compares what
comes out with and without them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import agents._run_state_agent_identity as identity
import agents.models.default_models as defaults
import agents.run_state as run_state
import agents.testing.model as scripted
import agents.usage as usage
import agents.util._json as dumping
import chatkit.server
import pydantic.main
from pydantic import TypeAdapter

from ..recording import items
from .copying import deepcopy

__all__ = ["shortcuts"]

# With which the SDKs' own names of these modules are shadowed.
_copy = SimpleNamespace(**vars(copy) | {"deepcopy": deepcopy})


@cache
def _kept(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter[Any](kind)


class _Kept:
    """Stands for TypeAdapter in `chatkit.server`: `TypeAdapter[Req](Req)` for each request (ChatKitServer.process)."""

    def __class_getitem__(cls, kind: Any) -> Any:
        return _kept


def _sorted(values: Iterable[Any], *, key: Callable[[Any], Any] | None = None) -> list[Any]:
    """Sort; but make no key for a lone agent: it is the whole agent with its tools as JSON, three times a run."""
    entries = list(values)
    return sorted(entries, key=key) if len(entries) > 1 else entries


_PLAIN = frozenset({str, int, float, bool, type(None)})
_dumpable = dumping._to_dump_compatible_internal


def _plain_json(value: Any) -> Any:
    """Copy what will be dumped as JSON; but ask no text whether it can be iterated (`_to_dump_compatible_internal`)."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {key: _plain_json(entry) for key, entry in value.items()}
    if kind is list:
        return [_plain_json(entry) for entry in value]
    return _dumpable(value)


def _itself(made: Any) -> Any:
    """Stand for a copy of what the model alone holds: its record of a call, a step that it has just made."""
    return made


_SHADOWS: tuple[tuple[ModuleType, str, Any], ...] = (
    (chatkit.server, "TypeAdapter", _Kept),
    (identity, "sorted", _sorted),
    (scripted, "copy", _copy),
    (scripted, "_snapshot_model_call", _itself),
    (scripted, "_snapshot_model_step", _itself),
    (usage, "copy", _copy),
    (run_state, "copy", _copy),
    (defaults, "copy", _copy),
    (dumping, "_to_dump_compatible_internal", _plain_json),
    (pydantic.main, "deepcopy", deepcopy),
    (items, "copy", _copy),
)


@contextmanager
def shortcuts() -> Iterator[None]:
    """Take the shortcuts while the body runs."""
    with ExitStack() as stack:
        for module, name, shadow in _SHADOWS:
            names = vars(module)
            if name in names:
                stack.callback(names.__setitem__, name, names[name])
            else:
                stack.callback(names.pop, name, None)
            names[name] = shadow
        yield
