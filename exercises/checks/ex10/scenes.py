"""What happens to the whole server: a tool, readers who leave, second messages, models that fail."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Ask, Reply, Scene, ToolCall, question, words


def conversation(chance: Random) -> Scene:
    """Two questions on one thread, to a model that thinks."""
    first = Reply(words(chance, 20), thinking=chance.randint(20, 30) / 10)
    return Scene(
        replies=(first, Reply(words(chance, 8))), asks=(question(chance), question(chance))
    )


def tool_turn(chance: Random) -> Scene:
    """The model calls the tool, which takes two seconds, and answers with what it found."""
    topic = words(chance, 1)[0].strip()
    call = Reply(calls=[ToolCall("search_library", {"query": topic})], thinking=0.5)
    return Scene(
        replies=(call, Reply(words(chance, 10))), asks=(f"Is there a book about {topic}?",)
    )


def reader_leaves(chance: Random) -> Scene:
    """A reader closes the page after some words, comes back, and asks something else."""
    replies = (Reply(words(chance, chance.randint(36, 50))), Reply(words(chance, 8)))
    asks = (Ask(question(chance), leave_after=chance.randint(8, 14)), question(chance))
    return Scene(replies=replies, asks=asks)


def second_message(chance: Random) -> Scene:
    """Two threads; on the first of them comes a second message."""
    replies = (
        Reply(words(chance, 25), gap=0.1),
        Reply(words(chance, chance.randint(20, 25)), gap=0.1),
        Reply(words(chance, 8), thinking=0.5),
    )
    other = Ask(question(chance), after=0.4, thread=1)
    later = Ask(question(chance), after=chance.randint(12, 16) / 10)
    return Scene(replies=replies, asks=(question(chance), other, later))


def time_limits(chance: Random) -> Scene:
    """A slow reader; then a model that falls silent, one that says nothing, and one that goes on and on."""
    first, between = chance.randint(20, 30) / 10, chance.randint(12, 16) / 10
    replies = (
        Reply(words(chance, 6), thinking=1.0),
        Reply(words(chance, 20), stall_at=chance.randint(7, 12), stall_for=20.0),
        Reply(words(chance, 5), thinking=20.0),
        Reply(words(chance, 60), gap=1.0),
    )
    asks = (Ask(question(chance), read_delay=2.0), *(question(chance) for _ in range(3)))
    options = {"first_token": first, "between_tokens": between, "total": 40.0}
    return Scene(replies=replies, asks=asks, options=options)


def model_fails(chance: Random) -> Scene:
    """The model fails in the middle, then it refuses the server's request; then all is well again."""
    passing = chance.choice(["rate_limit", "server", "connection"])
    lasting = chance.choice(["authentication", "bad_request"])
    replies = (
        Reply(words(chance, 30), error=passing, error_at=chance.randint(8, 14)),
        Reply(words(chance, 5), error=lasting),
        Reply(words(chance, 8), thinking=0.5),
    )
    return Scene(replies=replies, asks=tuple(question(chance) for _ in range(3)))


def over_http(chance: Random) -> Scene:
    """A reader leaves, and asks again: over real HTTP."""
    replies = (
        Reply(words(chance, 80), thinking=0.03, gap=0.01),
        Reply(words(chance, 5), thinking=0.01, gap=0.01),
    )
    asks = (Ask(question(chance), leave_after=8), Ask(question(chance), pause=0.05))
    return Scene(replies=replies, asks=asks, http=True)
