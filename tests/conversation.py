"""A client without HTTP, for tests of the server alone: it calls `process` and reads the events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from chatkit.server import StreamingResult

from lesson_kit.script import Script, ScriptModel
from lesson_kit.server import LessonServer

Event = dict[str, Any]
WORDS = "".join(f" w{number}" for number in range(50))


class Conversation:
    """One server, one scripted model, one thread; every event comes with the loop's time."""

    def __init__(self, script: Script, **server: Any) -> None:
        self.model: ScriptModel = script.model()
        self.server = LessonServer(model=self.model, **server)
        self.thread_id: str | None = None

    async def send(self, text: str) -> AsyncIterator[Event]:
        params: Event = {"input": {"content": [{"type": "input_text", "text": text}]}}
        params["input"] |= {"attachments": [], "inference_options": {}}
        if self.thread_id:
            return await self.request(
                "threads.add_user_message", {**params, "thread_id": self.thread_id}
            )
        return await self.request("threads.create", params)

    async def request(self, kind: str, params: Event) -> AsyncIterator[Event]:
        result = await self.server.process(json.dumps({"type": kind, "params": params}), {})
        assert isinstance(result, StreamingResult)
        return self._events(result)

    async def _events(self, result: StreamingResult) -> AsyncIterator[Event]:
        async with aclosing(result.json_events) as chunks:
            async for chunk in chunks:
                event = json.loads(chunk.removeprefix(b"data: "))
                if event["type"] == "thread.created":
                    self.thread_id = event["thread"]["id"]
                yield event

    async def ask(self, text: str, *, pause: float = 0.0) -> list[Event]:
        """Send and read to the end, `pause` seconds after each event."""
        events = []
        async for event in await self.send(text):
            events.append(event)
            await asyncio.sleep(pause)
        return events

    async def ask_and_leave(self, text: str, *, after: int) -> list[Event]:
        """Send, and go away after so many deltas, as a client does that closes its connection."""
        events: list[Event] = []
        async with aclosing(await self.send(text)) as stream:  # type: ignore[type-var]
            async for event in stream:
                events.append(event)
                if len(deltas(events)) == after:
                    break
        return events

    async def saved(self) -> list[tuple[str, str]]:
        """What the store holds of the thread: (kind, text), oldest first."""
        assert self.thread_id
        page = await self.server.store.load_thread_items(self.thread_id, None, 100, "asc", {})
        return [(item.type, text_of(item.model_dump())) for item in page.data]


def deltas(events: list[Event]) -> list[str]:
    updates = [event["update"] for event in events if event["type"] == "thread.item.updated"]
    return [update["delta"] for update in updates if "delta" in update]


def kinds(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def text_of(item: Event) -> str:
    content = item.get("content", "")
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def asked(call: Any) -> list[tuple[str, str]]:
    """One call of the model, readable: (role, text) of each input item."""
    return [(item["role"], text_of(item)) for item in call]


def other_tasks() -> set[asyncio.Task[Any]]:
    current = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not current}
