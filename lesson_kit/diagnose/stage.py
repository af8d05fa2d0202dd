"""The stage on which the code under test plays: every model, the network and time.sleep are stand-ins.

For the child process alone: it patches the SDK and the standard library for good.
"""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any

from agents import Model
from agents.items import ModelResponse
from agents.run_internal import turn_preparation
from chatkit import server as chatkit_server
from pydantic import TypeAdapter

from ..frames import Place, own_place, stack
from ..script import Reply, Script, ScriptModel
from ..script.play import ModelCall
from .holding import watch_callbacks
from .shapes import example_json

__all__ = ["BLOCK", "Stage"]

# Real seconds. A stand-in for time.sleep is long enough to let another thread work, and a stand-in for the network
# long enough that the watch sees who waits for it.
NAP, NETWORK = 0.001, 0.15
# Real seconds for which a held loop would be noticed by a reader of the stream.
BLOCK = 0.1
LOOPBACK = ("127.", "::1", "localhost")


class Stage:
    """One scripted model in place of all, and what was seen of the code's real waits.

    `sleeps` are calls of time.sleep on the loop's own thread: (place, seconds asked for). `held` are the seconds of
    this process's own time for which single callbacks held the loop. `dials` counts the tries to reach the network.
    """

    def __init__(self) -> None:
        self.model: ScriptModel = Script.say("Hello").model()
        self.spoken: list[int] = []  # the calls, counted from 1, that stream a text
        self.sleeps: list[tuple[Place, float]] = []
        self.held: list[float] = []
        self.dials = 0
        self._network = NETWORK
        self._main = threading.get_ident()
        self._sleep = time.sleep

    def play(self, reply: Callable[[str, ModelCall], Reply]) -> ScriptModel:
        """Let `reply` answer from now on; returns the model that records what is asked and made."""

        self.spoken = spoken = []
        count = itertools.count(1)

        def answer(question: str, call: ModelCall) -> Reply:
            number = next(count)
            if call.output_schema is not None and not call.output_schema.is_plain_text():
                return Reply([example_json(call.output_schema.json_schema())], thinking=0.1)
            if call.streamed:
                spoken.append(number)
            return reply(question, call)

        self.model = Script.answering(answer).model()
        return self.model

    def set_up(self) -> None:
        """Put the stand-ins in place. Before the code under test is imported: it may say `from time import sleep`."""
        real = turn_preparation.get_model

        def get_model(agent: Any, run_config: Any) -> Model:
            chosen = run_config.model if run_config.model is not None else agent.model
            return self._wrapped(chosen) if isinstance(chosen, Model) else StandIn(self)

        for module in list(sys.modules.values()):
            if getattr(module, "get_model", None) is real:
                module.get_model = get_model  # type: ignore[attr-defined]
        keep_adapters()
        watch_callbacks(BLOCK, self.held)
        time.sleep = self._nap  # type: ignore[assignment]
        socket.getaddrinfo = self._no_address
        socket.socket.connect = _no_connection  # type: ignore[method-assign, assignment]

    def measured(self) -> None:
        """From here on the network fails at once: who waits for it is known."""
        self._network = 0.0

    def _wrapped(self, model: Model) -> Model:
        """Keep a model of the author's own that wraps another, such as one that makes ids unique; swap the inner."""
        if type(model).__module__.split(".")[0] in ("agents", "lesson_kit", "openai"):
            return StandIn(self)
        inner = [name for name, value in vars(model).items() if isinstance(value, Model)]
        for name in inner:
            setattr(model, name, StandIn(self))
        return model if inner else StandIn(self)

    def _nap(self, seconds: float) -> None:
        if threading.get_ident() == self._main:
            self.sleeps.append((own_place(stack(sys._getframe(1))), float(seconds)))
        self._sleep(min(max(0.0, seconds), NAP))

    def _no_address(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).startswith(LOOPBACK):
            return _real_getaddrinfo(host, *args, **kwargs)
        self.dials += 1
        self._sleep(self._network)
        raise socket.gaierror(-2, "no network while a server is diagnosed")


class StandIn(Model):
    """A model that hands every call to the stage's script of the moment."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return await self._stage.model.get_response(*args, **kwargs)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        return self._stage.model.stream_response(*args, **kwargs)


def keep_adapters() -> None:
    """Let ChatKit keep the TypeAdapter that it makes anew for each request (chatkit/server.py, process): 10 ms each."""
    chatkit_server.TypeAdapter = _KeptAdapter  # type: ignore[assignment, attr-defined]


class _KeptAdapter:
    """Stands where ChatKit says `TypeAdapter[Type](Type)`."""

    def __class_getitem__(cls, _type: Any) -> Any:
        return cls._of

    @staticmethod
    @cache
    def _of(type_: Any) -> TypeAdapter[Any]:
        return TypeAdapter(type_)


_real_getaddrinfo = socket.getaddrinfo
_real_connect = socket.socket.connect


def _no_connection(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
        raise ConnectionRefusedError("no network while a server is diagnosed")
    _real_connect(self, address)
