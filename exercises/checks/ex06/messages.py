"""Who writes what, and when, in ex06: messages that come in the middle of an answer."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Ask, Reply, Scene, question, words


def second_message(chance: Random) -> Scene:
    """The user asks again in the middle of an answer; and once more when all is quiet."""
    replies = (
        Reply(words(chance, chance.randint(50, 60))),
        Reply(words(chance, chance.randint(8, 12)), thinking=0.5),
        Reply(words(chance, 6), thinking=0.5),
    )
    later = chance.randint(16, 24) / 10
    return Scene(
        replies=replies,
        asks=(question(chance), Ask(question(chance), after=later), question(chance)),
    )


def impatient(chance: Random) -> Scene:
    """Three messages, one after the other: the second while the model thinks, the third while it talks."""
    replies = (
        Reply(words(chance, 40), thinking=2.0),
        Reply(words(chance, 50)),
        Reply(words(chance, 8), thinking=0.5),
    )
    asks = (question(chance), Ask(question(chance), after=1.0), Ask(question(chance), after=1.8))
    return Scene(replies=replies, asks=asks)


def two_threads(chance: Random) -> Scene:
    """Two threads; on the first of them comes a second message."""
    replies = (
        Reply(words(chance, 25), gap=0.1),
        Reply(words(chance, chance.randint(20, 25)), gap=0.1),
        Reply(words(chance, 8), thinking=0.5),
    )
    asks = (
        question(chance),
        Ask(question(chance), after=0.4, thread=1),
        Ask(question(chance), after=1.4),
    )
    return Scene(replies=replies, asks=asks)
