"""Any Python value as bounded, plain JSON: what a guest returns may be endless, odd or hostile."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

__all__ = ["LONGEST", "plain", "safe"]

LONGEST = 20_000
"""Characters of one text, and entries of one list."""
DEEPEST = 12


def safe(text: str, longest: int = LONGEST) -> str:
    """Cut a text, replace what no UTF-8 file can hold, and take out addresses, which differ from run to run."""
    if " at 0x" in text:
        text = re.sub(r" at 0x[0-9a-f]+", " at 0x", text[: 2 * longest])
    return str.encode(text[:longest], "utf-8", "replace").decode()


def plain(value: Any, depth: int = 0) -> Any:
    """Turn a value into JSON values; what is no such thing becomes its short description."""
    if isinstance(value, str):
        return safe(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else safe(hex(value), 80)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth > DEEPEST:
        return "..."
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"), depth)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [entry.name for entry in dataclasses.fields(value)]
        return {name: plain(getattr(value, name, None), depth + 1) for name in names}
    if isinstance(value, Mapping):
        pairs = list(value.items())[:LONGEST]
        return {safe(str(key), 500): plain(inner, depth + 1) for key, inner in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner, depth + 1) for inner in list(value)[:LONGEST]]
    return f"<{type(value).__name__}>"
