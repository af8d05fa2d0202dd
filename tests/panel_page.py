"""A panel with a page that only listens: what the page would hear, without a browser."""

import asyncio
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import AssistantMessageItem

from lesson_kit.panel import Panel
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore

WORDS = "one two three four five six seven eight nine ten"
ANSWER = Script.say(WORDS, thinking=1.0, gap=0.1, then_repeat=True)


class Page(Panel):
    """A panel that keeps what it tells its page, with loop times."""

    def __init__(self, server: ChatKitServer[Any] | None = None, **options: Any) -> None:
        self.told: list[tuple[float, dict[str, Any]]] = []
        super().__init__(server, **options)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.told.append((asyncio.get_running_loop().time(), content))

    async def presses(self, **message: Any) -> None:
        self._handle_custom_msg(message, [])
        await asyncio.sleep(0)

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [message for _, message in self.told if message["kind"] == kind]

    def shown(self, run_id: str) -> str:
        """The text that a page would show: every delta in order."""
        deltas = [m for m in self.messages("delta") if m["run_id"] == run_id]
        assert [m["seq"] for m in deltas] == list(range(1, len(deltas) + 1))
        return "".join(m["delta"] for m in deltas)


def page(script: Script = ANSWER, *, latency: float = 0.01, **options: Any) -> Page:
    return Page(LessonServer(MemoryStore(latency=latency), model=script.model()), **options)


async def saved_answers(panel: Panel) -> list[str]:
    (thread,) = (await panel.server.store.load_threads(10, None, "asc", None)).data
    items = await panel.server.store.load_thread_items(thread.id, None, 100, "asc", None)
    return [item.content[0].text for item in items.data if isinstance(item, AssistantMessageItem)]
