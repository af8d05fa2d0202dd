"""A server on the stage: made afresh for each probe, asked, and looked into."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from chatkit.server import ChatKitServer

from ..frames import Place
from ..script import Reply
from ..script.play import ModelCall
from ..watch import Blockage, watch
from .latency import slow_down
from .load import Make
from .reader import Reading, read
from .senses import Senses
from .shapes import AnyContext, request_context
from .stage import BLOCK, Stage

__all__ = ["GAP", "LATENCY", "THINKING", "Case", "Play", "words"]

# Seconds. A latency like a database's, and a model that is slow enough for its deltas to be told apart.
LATENCY, THINKING, GAP = 0.02, 1.0, 0.05


def words(letter: str, many: int = 40) -> list[str]:
    """Deltas that are all different, and tell by their letter which answer they belong to."""
    return [f" {letter}{number}-of-{many}" for number in range(many)]


@dataclass
class Play:
    """What the model of one probe saw: the loop times at which it was asked, by streamed call."""

    times: list[float] = field(default_factory=list)
    tools: list[Any] = field(default_factory=list)


@dataclass
class Case:
    """What all probes need. `cls` is the server's class, `make` makes one.

    `sleeps` are the calls of time.sleep in the first answer: (place, seconds asked for). `suspects` are blocks of the
    loop that one answer showed, `proved` those that two did; then every further answer costs real time. `left` is what
    the probe `leave` saw.
    """

    cls: type
    make: Make
    stage: Stage
    senses: Senses
    sleeps: list[tuple[Place, float]] = field(default_factory=list)
    suspects: list[Blockage] = field(default_factory=list)
    proved: list[Blockage] = field(default_factory=list)
    left: dict[str, Any] = field(default_factory=dict)

    @property
    def slow(self) -> bool:
        return bool(self.proved)

    @contextlib.contextmanager
    def watching(self) -> Iterator[list[Blockage]]:
        """Collect the blocks of the loop by lines of the author's own, once the body has ended."""
        found: list[Blockage] = []
        self.stage.held.clear()
        with watch(BLOCK) as seen:
            yield found
        # A machine so busy that a thread waits for a core looks like a block; then no callback took long of its own.
        if self.stage.held:
            longest = sum(self.stage.held)
            found.extend(
                replace(block, seconds=min(block.seconds, longest)) for block in seen if block.own
            )

    def suspect(self, seen: list[Blockage]) -> None:
        """Take the blocks of one more answer in: what was suspected before is proved now."""
        before = {(block.file, block.line): block for block in [*self.proved, *self.suspects]}
        for block in seen:
            known = before.get((block.file, block.line))
            if known is None:
                self.suspects.append(block)
            elif known not in self.proved:
                self.suspects.remove(known)
                self.proved.append(known)

    def server(self, latency: float = LATENCY) -> ChatKitServer[Any]:
        server = self.make()
        slow_down(server, latency)
        return server

    def context(self) -> Any:
        return request_context(getattr(self.cls, "respond", None)) or AnyContext()

    def script(self, many: int = 40, **faults: Any) -> Play:
        """Let the model say `many` words in each answer: a0 a1 ... in the first, b0 b1 ... in the second."""
        play, count = Play(), itertools.count()

        def reply(question: str, call: ModelCall) -> Reply:
            number = next(count)
            if call.streamed:
                play.times.append(asyncio.get_running_loop().time())
            play.tools.extend(tool for tool in call.tools if tool not in play.tools)
            spoken = words("abcdefgh"[number % 8], many)
            return Reply(spoken, thinking=THINKING, gap=GAP, **faults)

        self.stage.play(reply)
        return play

    def script_of(self, function: Callable[[str, ModelCall], Reply]) -> None:
        self.stage.play(function)

    async def ask(self, server: Any, text: str, thread: str | None = None, **how: Any) -> Reading:
        return await read(server, text, self.context(), thread, **how)

    async def stored(self, server: Any, thread_id: str | None) -> list[tuple[str, str]]:
        """What the store holds of a thread: (type, text), oldest first; nothing where there is no thread."""
        if thread_id is None:
            return []
        try:
            page = await server.store.load_thread_items(thread_id, None, 100, "asc", self.context())
        except Exception:
            return []
        return [(item.type, _text(item)) for item in page.data]

    async def answers(self, server: Any, thread_id: str | None) -> list[str]:
        items = await self.stored(server, thread_id)
        return [text for kind, text in items if kind == "assistant_message"]

    def made(self, answer: int | None = None, since: float = -1.0) -> list[float]:
        """List the loop times of the deltas that were made for the chat: of all answers, or of one, from 1.

        An agent that names the thread or guards the input speaks to nobody in the chat; its words do not count.
        """
        spoken = self.stage.spoken if answer is None else self.stage.spoken[answer - 1 : answer]
        return [m.t for m in self.stage.model.made if m.call in spoken and m.t >= since]


def _text(item: Any) -> str:
    content = getattr(item, "content", "")
    if isinstance(content, str):
        return content
    return "".join(getattr(part, "text", "") for part in content or [])
