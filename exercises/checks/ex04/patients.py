"""What happens to the servers of ex04: a healthy model, which speaks evenly, and a user or two."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Ask, Call, Reply, Scene, question, words


def named(chance: Random) -> Scene:
    """The list of causes."""
    return Scene(uses="causes", call=Call())


def one_question(chance: Random, server: str) -> Scene:
    """One question to one server; a healthy model that speaks evenly."""
    reply = Reply(words(chance, chance.randint(17, 20)), thinking=0.5)
    return Scene(uses=server, replies=(reply,), asks=(question(chance),))


def patient_a(chance: Random) -> Scene:
    """ServerA, and a long answer."""
    return one_question(chance, "ServerA")


def patient_b(chance: Random) -> Scene:
    """ServerB."""
    return one_question(chance, "ServerB")


def patient_c(chance: Random) -> Scene:
    """ServerC."""
    return one_question(chance, "ServerC")


def patient_d(chance: Random) -> Scene:
    """ServerD."""
    return one_question(chance, "ServerD")


def patient_e(chance: Random) -> Scene:
    """ServerE, and two users at a time."""
    replies = (Reply(words(chance, 10), thinking=0.5), Reply(words(chance, 8), thinking=0.5))
    asks = (question(chance), Ask(question(chance), after=0.02, thread=1))
    return Scene(uses="ServerE", replies=replies, asks=asks)


def patient_f(chance: Random) -> Scene:
    """ServerF: an answer, and then a model that fails."""
    replies = (Reply(words(chance, 9), thinking=0.5), Reply(words(chance, 4), error="rate_limit"))
    return Scene(uses="ServerF", replies=replies, asks=(question(chance), question(chance)))
