"""Two server processes on one database: a thread belongs to both, and a turn to whoever was asked last.

On PostgreSQL where one is installed, elsewhere on a SQLite file.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from chatkit.types import ThreadItem

from lesson_kit.client import ChatClient
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer
from lesson_kit.store import SQLStore
from lesson_kit.upstream import Upstream
from lesson_kit.web import create_app
from tests.conversation import WORDS, asked, text_of
from tests.live.hosts import on_uvicorn
from tests.two_servers import note

pytestmark = [
    pytest.mark.live,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for a child process"),
]

PATIENCE = 60.0  # seconds; two noisy cores
# Four words at once, and then minutes for the others: nobody waits for the end.
LONG = Reply(WORDS, thinking=0.0, gap=[0.05] * 3 + [5.0] * 46)
SHORT = Reply("Yes.", thinking=0.0, gap=0.0)


class World:
    """A database, a model over HTTP, and the server processes that share them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        # question -> all that the model was asked
        self.inputs: dict[str, list[tuple[str, str]]] = {}
        self.upstream = Upstream(Script.answering(self._answer))
        self._folder = folder
        self._model = ""
        self._running: list[tuple[str, Process]] = []

    def _answer(self, question: str, call: Any) -> Reply:
        self.inputs[question] = asked(call.input)
        return LONG if question.startswith("Long") else SHORT

    async def serve_model(self, stack: AsyncExitStack) -> None:
        self._model = await stack.enter_async_context(on_uvicorn(self.upstream.app))

    async def servers(self, count: int) -> list[tuple[str, Process]]:
        """The addresses and processes of so many running servers; those that are missing are started."""
        self._running = [one for one in self._running if one[1].returncode is None]
        missing = max(0, count - len(self._running))
        self._running += await asyncio.gather(*(self._start() for _ in range(missing)))
        return self._running[:count]

    async def _start(self) -> tuple[str, Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lesson_kit.cli", "serve", "--port", "0", "--db", self.url),
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            env=os.environ
            | {
                "LESSON_KIT_MODEL": "openai/any",
                "OPENAI_API_KEY": "any-word",
                "OPENAI_BASE_URL": f"{self._model}/v1",
            },
        )
        assert process.stdout
        return (await process.stdout.readline()).decode().split()[-1], process

    async def stop(self) -> None:
        for _, process in self._running:
            if process.returncode is None:
                process.terminate()
        for _, process in self._running:
            await process.communicate()

    async def saved(self, thread_id: str) -> list[ThreadItem]:
        async with SQLStore(self.url) as store:
            return (await store.load_thread_items(thread_id, None, 100, "asc", None)).data


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("processes")
    url = f"sqlite+aiosqlite:///{folder / 'lesson.sqlite'}"
    try:
        postgres = request.getfixturevalue("postgres")
    except pytest.skip.Exception:
        pass
    else:
        postgres.sql("CREATE DATABASE processes")
        url = postgres.url("processes")
    world = World(url, folder)
    async with AsyncExitStack() as stack:
        await world.serve_model(stack)
        stack.push_async_callback(world.stop)
        yield world


class Asking:
    """A question under way at one server."""

    def __init__(self, address: str, question: str, thread_id: str | None = None) -> None:
        self.heard = asyncio.Event()  # three deltas
        self.thread_id = thread_id
        self.text = ""
        self._reading = asyncio.create_task(self._read(address, question, thread_id))

    async def _read(self, address: str, question: str, thread_id: str | None) -> str:
        async with ChatClient.at(address) as client, client.send(question, thread_id) as stream:
            async for _ in stream:
                self.text = stream.recording.text
                self.thread_id = stream.thread_id
                if stream.recording.deltas >= 3:
                    self.heard.set()
        return stream.recording.outcome

    async def outcome(self) -> str:
        return await self._reading


def kept(items: list[ThreadItem]) -> list[tuple[str, str]]:
    return [(item.type, text_of(item.model_dump())) for item in items]


async def test_a_message_at_one_process_stops_the_answer_of_the_other(world: World) -> None:
    (a, _), (b, _) = await world.servers(2)
    first = Asking(a, "Long, please.")
    await first.heard.wait()
    second = Asking(b, "And now?", first.thread_id)
    assert await second.outcome() == "done"
    assert second.text == "Yes."
    assert await first.outcome() == "done"  # for its reader it ends like any other
    assert WORDS.startswith(first.text)
    assert len(first.text) < len(WORDS)
    assert world.inputs["And now?"] == [
        ("user", "Long, please."),
        ("assistant", first.text),
        note("new message"),
        ("user", "And now?"),
    ]
    async with asyncio.timeout(PATIENCE):
        # The model hears in its own time that nobody listens.
        while "open" in [request.ended for request in world.upstream.requests]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert [request.ended for request in world.upstream.requests] == ["left", "whole"]
    items = await world.saved(first.thread_id or "")
    assert [item.type for item in items] == [
        *("user_message", "assistant_message", "sdk_hidden_context"),
        *("user_message", "assistant_message"),
    ]
    assert kept(items)[1] == ("assistant_message", first.text)


async def test_when_one_process_is_told_to_end_the_other_goes_on(world: World) -> None:
    (a, process), (b, _) = await world.servers(2)
    first = Asking(a, "Long, before a restart.")
    await first.heard.wait()
    process.send_signal(signal.SIGTERM)
    assert await first.outcome() == "done"
    await process.communicate()
    assert process.returncode == 0
    second = Asking(b, "And after it?", first.thread_id)
    assert await second.outcome() == "done"
    assert world.inputs["And after it?"] == [
        ("user", "Long, before a restart."),
        ("assistant", first.text),
        note("shutdown"),
        ("user", "And after it?"),
    ]


async def test_a_process_that_is_killed_holds_its_thread_for_a_while_only(
    world: World,
) -> None:
    [(a, process)] = await world.servers(1)
    first = Asking(a, "Long, before the end.")
    await first.heard.wait()
    process.kill()
    assert await first.outcome() != "done"
    await process.communicate()
    # The next server may be of any kind: this one lives in this process.
    async with SQLStore(world.url) as store:
        model = Script.say("Yes.", thinking=0.0).model()
        server = LessonServer(store, model=model)
        async with on_uvicorn(create_app(server)) as b:
            second = Asking(b, "Still there?", first.thread_id)
            assert await second.outcome() == "done"
        await server.drain()
    # What was on its way died with the process.
    assert asked(model.calls[0].input) == [
        ("user", "Long, before the end."),
        ("user", "Still there?"),
    ]
