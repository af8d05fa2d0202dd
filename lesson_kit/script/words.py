"""A text cut into words, the size of delta that reads well."""

from __future__ import annotations

import re

__all__ = ["split_words"]

# Words keep the space before them, as real tokens do: "Hello", " world".
_WORD = re.compile(r"\s*\S+|\s+")


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into word deltas. Joined, they are the text again: `("Hello", " world", "\\n")`."""
    return tuple(_WORD.findall(text))
