"""The models of ex07: good ones, silent ones, endless ones, and all that fail."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Ask, Reply, Scene, question, words


def limits(chance: Random, total: float) -> dict[str, float]:
    """Time limits for the server's constructor: the first token may take longest, as with real models."""
    first, between = chance.randint(24, 30) / 10, chance.randint(10, 14) / 10
    return {"first_token": first, "between_tokens": between, "total": total}


def good_answers(chance: Random) -> Scene:
    """A model that nearly uses up its limits, twice: for a quick reader, and for one on a slow connection."""
    options = limits(chance, 500.0)
    gaps = [0.05] * 11
    gaps[chance.randint(3, 8)] = options["between_tokens"] - 0.2
    thinking = options["first_token"] - 0.4
    slow = Ask(question(chance), thread=1, read_delay=options["first_token"] + 0.5)
    replies = (Reply(words(chance, 12), thinking=thinking, gap=gaps), Reply(words(chance, 12)))
    return Scene(replies=replies, asks=(question(chance), slow), options=options)


def endless_model(chance: Random) -> Scene:
    """A model that never falls silent, and does not come to an end."""
    replies = (Reply(words(chance, 200), gap=0.5),)
    options = limits(chance, chance.randint(60, 80) / 10)
    return Scene(replies=replies, asks=(question(chance),), options=options)


def passing_trouble(chance: Random) -> Scene:
    """Errors that a second try may mend."""
    some = chance.randint(3, 7)
    replies = [
        Reply(words(chance, 10), error="rate_limit"),
        Reply(words(chance, 10), error="server", error_at=some),
        Reply(words(chance, 10), error="connection", error_at=some),
        Reply(words(chance, 10), end_at=some),
    ]
    return troubles(chance, replies)


def lasting_trouble(chance: Random) -> Scene:
    """Errors that come again with each try."""
    replies = [
        Reply(words(chance, 10), error="quota"),
        Reply(words(chance, 10), error="authentication"),
        Reply(words(chance, 10), error="context_length"),
        Reply(words(chance, 6), refusal=True),
    ]
    return troubles(chance, replies)


def troubles(chance: Random, replies: list[Reply]) -> Scene:
    """A thread for each reply, in any order."""
    chance.shuffle(replies)
    asks = tuple(Ask(question(chance), thread=k) for k in range(len(replies)))
    return Scene(replies=tuple(replies), asks=asks, options=limits(chance, 30.0))


def broken_off(chance: Random) -> Scene:
    """Three answers that break off: by a stall, by an error, and before the first word. Then one that goes well."""
    replies = (
        Reply(words(chance, 20), thinking=0.5, stall_at=chance.randint(6, 10), stall_for=60.0),
        Reply(words(chance, 20), thinking=0.5, error="server", error_at=chance.randint(6, 10)),
        Reply(words(chance, 10), thinking=60.0),
        Reply(words(chance, 10)),
    )
    asks = tuple(Ask(question(chance), thread=thread) for thread in (0, 1, 2, 0))
    return Scene(replies=replies, asks=asks, options=limits(chance, 30.0))
