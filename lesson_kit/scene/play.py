"""A scene played with an answer, in the child process: the real stack, in virtual time.

It sends one line of plain JSON: `{"seen": {...}}`, which `Seen` can read. Lines before it, `{"at": "load"}`, tell how far
it came, for an answer that ends its process.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from agents.testing import ModelCall

from ..clock import run
from ..clock.waiting import awaited_frames as frames_of
from ..script import Reply, Script, ScriptEnded
from ..store import MemoryStore
from . import warming
from .calling import Calling
from .chance import same_chance
from .direct import Direct
from .guest import Guest
from .listen import listen
from .live import PairedLoop, serving
from .plain import plain, safe
from .scene import Scene
from .senses import Senses
from .shortcuts import shortcuts
from .talk import Connect, Talk, documented_app

__all__ = ["act", "warm_up"]

Emit: TypeAlias = Callable[[Any], None]

# Seconds on the loop's clock in which everything that was begun must have ended.
AFTERWARDS = 60.0


class Stopped(SystemExit):
    """The answer has ended the scene that it is in: its own end, no fault of the scene's."""


def act(source: str, name: str, payload: dict[str, Any], emit: Emit) -> None:
    """Play the scene in `payload` with the answer in `source`, whose file name is shown as `name`.

    `{"scenes": [...]}` is several, one after the other: each copied page of memory is then paid for once. It stops early
    when one of them has left something behind that the next could feel.

    Never raises for what the answer does, but lets SystemExit and KeyboardInterrupt through, and raises `Stopped` when
    the answer has ended the scene itself.
    """
    threads = threading.active_count()
    with _uncollected():
        for number, told in enumerate(payload.get("scenes") or [payload]):
            facts = _act(source, name, Scene.model_validate(told), emit)
            emit({"scene": number, "seen": facts})
            troubled = any(trouble["type"] == "MemoryError" for trouble in facts["troubles"])
            left = facts.get("broken_off") or facts.get("tasks_left") or facts["slept"]
            if left or troubled or threading.active_count() > threads:
                return


def _act(
    source: str, name: str, scene: Scene, emit: Emit, *, origins: bool = False
) -> dict[str, Any]:
    senses = Senses(name, origins=origins)
    play = _Play(scene, Guest(source, name, senses), senses, emit)
    try:
        if scene.http:
            with asyncio.Runner(loop_factory=PairedLoop) as runner:
                runner.run(play.main())
        else:
            run(play.main())
    except asyncio.CancelledError:  # nobody but the answer cancels the task that plays the scene
        raise Stopped("cancelled the task of the client that asks it") from None
    except RuntimeError as error:
        if "Event loop stopped" not in str(error):
            raise
        raise Stopped("stopped the event loop") from None
    if senses.unsure:  # once more, to learn the line
        return _act(source, name, scene, emit, origins=True)
    return play.facts()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect garbage only where the scene orders it: each automatic look costs, and comes at another moment."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def warm_up() -> None:
    """Play first scenes, so that no answer pays for what Python and the SDKs do once."""
    for source, told in warming.plays():
        act(source, "<warm>", told, lambda line: None)


class _Play:
    def __init__(self, scene: Scene, guest: Guest, senses: Senses, emit: Emit) -> None:
        self._scene, self._guest, self._senses, self._emit = scene, guest, senses, emit
        self._asked: list[dict[str, Any]] = []
        self._facts: dict[str, Any] = {}
        self._model = Script.answering(self._answer).model()
        self._talk: Talk | None = None

    def facts(self) -> dict[str, Any]:
        senses = self._senses
        made = [
            {"t": round(one.t - senses.began, 9), "delta": one.delta, "call": one.call - 1}
            for one in self._model.made
        ]
        return {
            **self._facts,
            "asked": self._asked,
            "made": made,
            "troubles": senses.troubles,
            "warned": senses.warned,
            "slept": senses.slept,
            "printed": "".join(senses.printed)[:20_000],
        }

    async def main(self) -> None:
        chance = same_chance(self._scene)
        with _swept(), shortcuts(), chance, self._senses.listening(), self._guest.present():
            self._senses.begin()
            before = asyncio.all_tasks()
            await self._within_limit(self._load_and_play())
            await asyncio.sleep(AFTERWARDS)
            left = asyncio.all_tasks() - before
            self._facts["tasks_left"] = sorted(map(self._describe, left), key=str)[:50]
            if self._talk:
                self._facts["clients"] = self._talk.facts()
                self._facts["saved"] = await self._talk.saved()
            # What nobody holds any more warns or logs as it is thrown away; a generator is closed in a task.
            gc.collect()
            await asyncio.sleep(0.01)

    async def _within_limit(self, work: Any) -> None:
        # In a task of its own: a cancel that the answer sends astray ends the scene only. The timer also keeps the
        # virtual clock from calling a wait for nothing a deadlock.
        task = asyncio.create_task(work)
        _, waiting = await asyncio.wait({task}, timeout=self._scene.limit)
        self._facts["broken_off"] = bool(waiting)
        if waiting:
            others = sorted(map(self._describe, asyncio.all_tasks()), key=str)
            self._facts["waits"] = [one for one in others if one["line"]][:50]
            task.cancel()
            await asyncio.wait({task}, timeout=100.0)
        if task.done() and not task.cancelled() and (error := task.exception()):
            if not isinstance(error, Exception):
                raise error
            self._senses.note(error, "raised")

    async def _load_and_play(self) -> None:
        self._emit({"at": "load"})
        try:
            await self._guest.load()
        except Exception as error:
            self._senses.note(error, "import")
            return
        self._emit({"at": "play"})
        try:
            used = self._guest.find(self._scene.uses)
        except KeyError:
            self._facts["missing"] = True
            return
        if self._scene.asks:
            await self._converse(used)
        elif self._scene.call:
            calling = Calling(used, self._scene.call, self._senses)
            self._facts["called"] = calling.facts
            await calling.run()
        else:
            self._facts["value"] = plain(used)

    async def _converse(self, cls: Any) -> None:
        store = MemoryStore(latency=self._scene.latency)
        try:
            server = cls(self._model, store, **self._scene.options)
            listen(server, self._senses)
        except Exception as error:
            self._senses.note(error, "made")
            return
        app = documented_app(server)
        async with contextlib.AsyncExitStack() as stack:
            if self._scene.http:
                connect: Connect = await stack.enter_async_context(serving(app))
            else:
                connect = partial(Direct, app)

            self._talk = Talk(self._scene, store, connect, self._senses)
            await self._talk.run()

    def _answer(self, question: str, call: ModelCall) -> Reply:
        """Say the next reply, and note what the model was asked, and when."""
        number, replies = len(self._asked), self._scene.replies
        self._asked.append(
            {
                "t": self._senses.now(),
                "input": plain(call.input),
                "instructions": safe(str(call.system_instructions or "")),
                "tools": [safe(str(getattr(tool, "name", "")), 200) for tool in call.tools][:100],
            }
        )
        if number >= len(replies) and not (self._scene.then_repeat and replies):
            said = f"the model has {len(replies)} answers in this scene, and was called once more"
            raise ScriptEnded(said, call=call, call_index=number)
        return replies[number % len(replies)]

    def _describe(self, task: asyncio.Task[Any]) -> dict[str, Any]:
        """Name a waiting task, and the innermost line of the answer where it waits."""
        coroutine: Any = task.get_coro()
        frames = [(code.co_filename, line) for code, line in frames_of(coroutine)]
        own = [line for file, line in frames if file == self._senses.file]
        name = getattr(coroutine, "__qualname__", "a task")
        return {"name": safe(str(name), 200), "line": own[-1] if own else None}


@contextmanager
def _swept() -> Iterator[None]:
    """Let `gc.collect()` look only at what is made from now on: over all that the SDKs hold it takes 0.3 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
