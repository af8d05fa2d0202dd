"""The import of the SDKs, as light as it can be: the most part of the first verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["load_mcp"]


def load_mcp() -> None:
    """Import MCP before the Agents SDK does, and leave its validators unbuilt until somebody uses them.

    No stream needs it, and its models are a sixth of the whole import. The switch is none of pydantic's public ones:
    without it all is as right, and slower.
    """
    with contextlib.suppress(ImportError, AttributeError, TypeError), _models_built_late():
        import mcp  # noqa: F401


@contextlib.contextmanager
def _models_built_late() -> Iterator[None]:
    from pydantic._internal import _config

    defaults: Any = _config.config_defaults
    before = defaults["defer_build"]
    defaults["defer_build"] = True
    try:
        yield
    finally:
        defaults["defer_build"] = before
