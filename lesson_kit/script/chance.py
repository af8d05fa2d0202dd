"""Replies drawn from a seed, for tests: any text, any pace, any fault."""

from __future__ import annotations

import random
from typing import Any

from .faults import ERRORS
from .reply import Reply

__all__ = ["random_replies"]

# What breaks naive code: text that is many bytes, many code points or looks like the protocol itself.
_PIECES = (
    *("Hello", " world", ",", " ", "\n", "\n\n", "\r\n", "a", " streaming"),
    *("é", "e\u0301", "日本語", "🙂", "👩‍👩‍👧", "🇨🇭", "مرحبا", "\u2028", "\u200b", "\x00"),
    *(
        'data: {"x": 1}\n\n',
        "event: error\n",
        "[DONE]",
        "</script>",
        "&amp;",
        '"',
        "\\",
        "**b**",
        "",
    ),
)


def random_replies(seed: int, many: int, faults: bool) -> list[Reply]:
    """Draw `many` replies: the same seed gives the same ones. Times are whole milliseconds."""
    chance = random.Random(f"script {seed}")
    return [_random_reply(chance, faults) for _ in range(many)]


def _random_reply(chance: random.Random, faults: bool) -> Reply:
    deltas = [
        "".join(chance.choices(_PIECES, k=chance.randint(1, 3)))
        for _ in range(chance.randint(1, 40))
    ]
    fields: dict[str, Any] = {
        "thinking": chance.randint(0, 3000) / 1000,
        "gap": chance.choice((chance.randint(0, 200) / 1000, None)),
        "burst": chance.choice((1, 1, 1, chance.randint(2, 8))),
        "reasoning": chance.choice(((), ("Let me see.", " Yes."))),
    }
    if fields["gap"] is None:
        fields["gap"] = [chance.randint(0, 200) / 1000 for _ in deltas[1:]]
    if faults:
        fields |= _random_faults(chance, len(deltas))
    return Reply(deltas, **fields)


def _random_faults(chance: random.Random, most: int) -> dict[str, Any]:
    place = chance.randint(0, most)
    return chance.choice(
        (
            {},
            {"stall_at": place},
            {"stall_at": place, "stall_for": chance.randint(0, 60_000) / 1000},
            {"error": chance.choice(ERRORS), "error_at": place},
            {"end_at": place},
            {"refusal": True},
            {"item_id": "__fake_id__"},
        )
    )
