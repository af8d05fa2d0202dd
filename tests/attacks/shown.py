"""The bank as it is shown: all its texts in deltas, and what may be seen of them."""

from __future__ import annotations

from tests.attacks import ATTACKS, LEGITIMATE

ALL = [*(attack.deltas for attack in ATTACKS), *((entry.text,) for entry in LEGITIMATE)]
ANSWERS = ".lk-answer .lk-text"
MARKDOWN = {"p", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "a"}


def lost(said: str) -> list[str]:
    """The words of legitimate texts that a reader does not find."""
    return [word for entry in LEGITIMATE for word in entry.words if word not in said]
