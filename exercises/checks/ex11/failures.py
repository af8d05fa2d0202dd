"""How the models of ex11 fail, and for whom."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Ask, Call, Reply, Scene, question, words

QUICK = 0.2
"""Seconds after the request in which a failing model of these scenes says so."""
PASSING = ("rate_limit", "server", "connection", "timeout")
"""Errors after which the same model may well answer."""


def refusal(name: str, retry_after: int | None = None) -> Reply:
    """A try that fails before the first word."""
    return Reply("Never said.", thinking=QUICK, error=name, retry_after=retry_after)


def announced(chance: Random) -> Reply:
    """A try that begins a message, with an empty piece of text, and breaks off before its first word."""
    return Reply(["", *words(chance, 5)], thinking=QUICK, gap=0, error="connection", error_at=1)


def refusals(chance: Random, many: int) -> list[Reply]:
    """That many tries that fail, in which a later one may help."""
    return [refusal(name) for name in chance.sample(PASSING, many)]


def healthy_model(chance: Random) -> Scene:
    """A model without any trouble."""
    return Scene(replies=(Reply(words(chance, 20)),), asks=(question(chance),))


def busy_model(chance: Random) -> Scene:
    """Two users; for each the main model fails three times, and answers then."""
    replies = []
    for _ in range(2):
        tries = [*refusals(chance, 2), announced(chance)]
        chance.shuffle(tries)
        replies += [*tries, Reply(words(chance, chance.randint(12, 18)))]
    asks = (Ask(question(chance)), Ask(question(chance), thread=1))
    return Scene(replies=tuple(replies), asks=asks)


def many_waits(chance: Random) -> Scene:
    """What `pause` gives: after very many failures, and where the model's server says how long to wait."""
    late = [[chance.randint(30, 60)] for _ in range(3)]
    asked = [[1, chance.randint(30, 75) / 10], [1, float(chance.randint(20, 90))]]
    return Scene(uses="waits", call=Call([[*late, *asked]]))


def breaks_off(chance: Random) -> Scene:
    """An answer that breaks off after some words; a second try would find a model in good health."""
    broken = Reply(words(chance, 20), error="connection", error_at=chance.randint(5, 12))
    return Scene(replies=(broken, Reply(words(chance, 20))), asks=(question(chance),), then_repeat=True)  # fmt: skip


def main_model_is_dead(chance: Random) -> Scene:
    """The main model fails whenever it is asked; for two more users it says why waiting will not help."""
    tired = [*refusals(chance, 3), refusal("server")]
    replies = [*tired, Reply(words(chance, 14))]
    for name in chance.sample(("authentication", "quota"), 2):
        replies += [refusal(name), Reply(words(chance, 10))]
    asks = tuple(Ask(question(chance), thread=k) for k in range(3))
    return Scene(replies=tuple(replies), asks=asks)


def nobody_answers(chance: Random) -> Scene:
    """A request that no model takes; then both models out of order."""
    replies = (
        refusal("bad_request"),
        *refusals(chance, 4),
        refusal("server"),
        *refusals(chance, 4),
    )
    asks = tuple(Ask(question(chance), thread=k) for k in range(2))
    return Scene(replies=replies, asks=asks)


def ends_at_once(chance: Random) -> Scene:
    """A stream that ends in good order before its first word; then the same model answers."""
    ended = Reply("Never said.", thinking=QUICK, end_at=0)
    return Scene(replies=(ended, Reply(words(chance, 12))), asks=(question(chance),))


def server_says_when(chance: Random) -> Scene:
    """The model's server says how long to wait: to one user some seconds, to another far too many."""
    soon, late = chance.randint(3, 7), chance.randint(9, 90)
    replies = (
        refusal(chance.choice(("rate_limit", "server")), soon),
        Reply(words(chance, 12)),
        refusal(chance.choice(("rate_limit", "server")), late),
        Reply(words(chance, 10)),
    )
    asks = tuple(Ask(question(chance), thread=k) for k in range(2))
    return Scene(replies=replies, asks=asks)
