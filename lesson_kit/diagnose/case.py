"""A server on the stage: made afresh for each probe, asked, and looked into."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chatkit.server import ChatKitServer

from ..script import Reply
from ..script.play import ModelCall
from ..watch import Blockage
from .latency import slow_down
from .load import Make
from .reader import Reading, read
from .senses import Senses
from .shapes import AnyContext, request_context
from .stage import Stage

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

    `suspects` are blocks of the loop that the first answer showed; `slow` is set when they are proved: then every
    further answer costs real time.
    """

    cls: type
    make: Make
    stage: Stage
    senses: Senses
    suspects: list[Blockage] = field(default_factory=list)
    slow: bool = False

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
