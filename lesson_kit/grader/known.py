"""Errors that a known pitfall leaves behind: the sign in the message, and the pitfall's slug."""

from __future__ import annotations

from ..scene.facts import Trouble

__all__ = ["pitfall_of"]

# (type, part of the message, slug in lesson_kit.pitfalls); the ledger has the experiments.
_SIGNS = (
    ("TypeError", "__aiter__ method, got coroutine", "no_yield"),  # B28
    ("TypeError", "__aiter__ method, got NoneType", "no_yield"),
    ("TypeError", "'async_generator' object is not iterable", "missing_async"),  # B30
    ("TypeError", "async_generator can't be used in 'await'", "forgotten_yield"),  # B29
    ("AttributeError", "'dict' object has no attribute 'thread'", "request_context"),  # B5
    ("AttributeError", "'dict' object has no attribute '_events'", "request_context"),
    ("ValidationError", "does not take icon=", "unknown_icon"),  # B13
)


def pitfall_of(trouble: Trouble) -> str:
    """Give the slug of the pitfall that this error is known to come from; "" where none is."""
    for kind, sign, slug in _SIGNS:
        if trouble.type == kind and sign in trouble.message:
            return slug
    return ""
