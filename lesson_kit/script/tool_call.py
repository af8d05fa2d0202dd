"""A scripted model's call of a function tool, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from .expect import expect

__all__ = ["ToolCall"]


@dataclass(frozen=True)
class ToolCall:
    """A call of one function tool by the model.

    `arguments` is a dict, or a str that is sent as it is: models do send broken JSON. Without a `call_id` the calls
    are counted: `call-script-1-2` is the second call of the first reply.
    """

    name: str
    arguments: str | Mapping[str, Any] = "{}"
    _: KW_ONLY
    call_id: str | None = None

    def __post_init__(self) -> None:
        expect(_is_text(self.name), "name", "the name of a tool", self.name)
        arguments = self.arguments
        if isinstance(arguments, Mapping):
            # As text it can be compared and hashed, and nobody can change it later. Compact, as models write it.
            arguments = json.dumps(dict(arguments), ensure_ascii=False, separators=(",", ":"))
            object.__setattr__(self, "arguments", arguments)
        expect(isinstance(arguments, str), "arguments", "a dict, or JSON as a str", arguments)
        fits = self.call_id is None or _is_text(self.call_id)
        expect(fits, "call_id", "a text, or None", self.call_id)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
