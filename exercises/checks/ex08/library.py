"""The library of ex08: its shelves, and who searches them."""

from __future__ import annotations

from random import Random
from typing import Any

from lesson_kit.scene import Ask, Reply, Scene, ToolCall, question, words

NAMES = ("novels", "maps", "poems", "letters", "diaries", "plays", "atlases", "hymns", "fables", "essays")  # fmt: skip
SUBJECTS = ("tea", "ships", "bees", "clocks", "rivers", "bread", "stars", "gardens")


def shelves_of(chance: Random, many: int) -> list[dict[str, Any]]:
    """Some shelves with different names; their books add up to a number that nobody can guess."""
    return [
        {"name": name, "seconds": chance.randint(5, 14) / 10, "books": chance.randint(11, 90)}
        for name in chance.sample(NAMES, many)
    ]


def calls(subject: str, thinking: float = 0.5) -> Reply:
    """The model calls the tool."""
    return Reply(calls=[ToolCall("search_library", {"query": subject})], thinking=thinking)


def three_shelves(chance: Random) -> Scene:
    """One user, three shelves."""
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves_of(chance, 3)},
    )


def two_users(chance: Random) -> Scene:
    """Two users search at the same time, each on a thread of their own."""
    first, second = chance.sample(SUBJECTS, 2)
    replies = (calls(first), calls(second), Reply(words(chance, 8)), Reply(words(chance, 8)))
    shelves = shelves_of(chance, 3)
    # The second user's first line then comes while the first user waits for the next one: whoever shares one
    # AgentContext gets it in the wrong place.
    shelves[0]["seconds"] = chance.randint(9, 14) / 10
    asks = (question(chance), Ask(question(chance), after=0.6, thread=1))
    return Scene(replies=replies, asks=asks, options={"shelves": shelves})


def closed_shelf(chance: Random) -> Scene:
    """The second of three or four shelves is closed."""
    shelves = shelves_of(chance, chance.randint(3, 4))
    shelves[1]["closed"] = True
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves},
    )


def card_catalogue(chance: Random) -> Scene:
    """A shelf with cards stands among others."""
    shelves = shelves_of(chance, 3)
    shelves[chance.randint(0, 2)]["cards"] = True
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves},
    )
