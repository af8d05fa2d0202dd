"""What a server tells of its turns to whoever watches it: meters, logs, traces."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Observer", "Observers", "TurnFacts", "TurnObserver"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TurnFacts:
    """What is known of a turn when it starts. No text of the user is among it.

    `number` counts the turns of one server object from 1. `message` is the id of the message that is answered, or
    None where a client tool's output is. `began` is in seconds of the loop's clock.
    """

    thread: str
    number: int
    message: str | None
    model: str
    agent: str
    began: float


class TurnObserver:
    """Told of one turn, in this order; what a subclass does not override is ignored.

    A turn has one `turn_started` and one `turn_ended`. Between them come any number of model calls; a call that was
    broken off has no `model_answered`. The deltas are told when the server reads them out of the run, so the last
    ones may follow the `model_answered` of their call, at the same moment.

    The calls come on the loop, in the middle of the stream: return at once, and wait for nothing.
    """

    def turn_started(self) -> None:
        """Hear that the turn is taken up."""

    def model_called(self) -> None:
        """Hear that the model is asked; after a tool, it is asked again."""

    def first_token(self, seconds: float) -> None:
        """Hear of the turn's first text delta, so many seconds after the turn began."""

    def model_delta(self, seconds_since_previous: float | None) -> None:
        """Hear of each text delta; None for the first of a turn, which ends a wait and not a gap."""

    def model_answered(self, input_tokens: int, output_tokens: int) -> None:
        """Hear that the model has said all, and the tokens that it counted."""

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        """Hear how the turn ended: one of `metrics.OUTCOMES`, and the class name of the error if one ended it."""


class Observer(Protocol):
    """Whoever wants to be told of a server's turns: asked at the start of each for the one to tell."""

    def turn(self, facts: TurnFacts) -> TurnObserver: ...


class Observers:
    """Several observers as one.

    An observer that raises is logged and not told again in that turn: what watches a stream must not end it.
    """

    def __init__(self, observers: Callable[[], Iterable[Observer]], model: str, agent: str) -> None:
        self._observers = observers
        self._model, self._agent = model, agent
        self._numbers = itertools.count(1)

    def turn(self, thread: str, message: str | None, began: float) -> TurnObserver:
        """Start to tell of a turn, and say `turn_started`."""
        facts = TurnFacts(thread, next(self._numbers), message, self._model, self._agent, began)
        told = _Several()
        for observer in self._observers():
            told.ask(observer, facts)
        told.turn_started()
        return told


class _Several(TurnObserver):
    def __init__(self) -> None:
        self._told: list[TurnObserver] = []

    def ask(self, observer: Observer, facts: TurnFacts) -> None:
        try:
            self._told.append(observer.turn(facts))
        except Exception:
            logger.exception("the observer %s failed at the start of a turn", _name(observer))

    def _each(self, tell: Callable[[TurnObserver], None]) -> None:
        for observer in tuple(self._told):
            try:
                tell(observer)
            except Exception:
                self._told.remove(observer)
                logger.exception("the observer %s failed; the turn goes on", _name(observer))

    def turn_started(self) -> None:
        self._each(lambda observer: observer.turn_started())

    def model_called(self) -> None:
        self._each(lambda observer: observer.model_called())

    def first_token(self, seconds: float) -> None:
        self._each(lambda observer: observer.first_token(seconds))

    def model_delta(self, seconds_since_previous: float | None) -> None:
        self._each(lambda observer: observer.model_delta(seconds_since_previous))

    def model_answered(self, input_tokens: int, output_tokens: int) -> None:
        self._each(lambda observer: observer.model_answered(input_tokens, output_tokens))

    def turn_ended(self, outcome: str, error: str | None = None) -> None:
        self._each(lambda observer: observer.turn_ended(outcome, error))
        self._told.clear()  # a generator that was closed may still be read out: nothing follows the end


def _name(observer: object) -> str:
    return type(observer).__qualname__
