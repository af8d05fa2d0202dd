"""Over real HTTP, stopping loses nothing and pays for nothing more."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.client import ChatClient
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore, SQLStore
from lesson_kit.web import create_app
from tests.conversation import WORDS, text_of
from tests.live.hosts import Host, on_hypercorn, on_uvicorn
from tools.soak import tasks_of_turns

pytestmark = pytest.mark.live

READ = 10
LONG = WORDS * 4  # ten seconds of it


@pytest.fixture(params=["memory", "sql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        yield MemoryStore(latency=0.02)
        return
    async with SQLStore(f"sqlite+aiosqlite:///{tmp_path / 'lesson.sqlite'}") as opened:
        yield opened


@pytest.mark.parametrize("host", [on_uvicorn, on_hypercorn])
async def test_a_client_that_drops_keeps_its_partial_and_stops_the_model(
    host: Host, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = Script.say(LONG, thinking=0.1, gap=0.05).model()
    server = LessonServer(store, model=model)
    made_by_then: list[int] = []  # words, when the server learned that the client had gone
    async with host(create_app(server)) as address:
        async with ChatClient.at(address) as client, client.send("Hi") as stream:
            read = 0
            async for event in stream:
                read += hasattr(getattr(event, "update", None), "delta")
                if read == READ:
                    break
            [turn] = server.turns.active.values()
            turn.on_stop(lambda: made_by_then.append(len(model.made)))
        await server.drain()  # the turn's own end: after all the words, if nobody stopped the model
        assert made_by_then[0] < 100  # a busy machine sees late that a connection has closed
        assert len(model.made) <= made_by_then[0] + 1
        assert tasks_of_turns() == []
        thread_id = stream.thread_id
        assert thread_id
        page = await store.load_thread_items(thread_id, None, 10, "asc", {})
    kept = text_of(page.data[1].model_dump())
    assert page.data[1].type == "assistant_message"
    assert LONG.startswith(kept)
    assert len(kept.split()) >= READ
    assert page.data[2].type == "sdk_hidden_context"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
