"""The stage: plays a scene with a server on the real stack, and collects the evidence."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from chatkit.server import ChatKitServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from ..client import ChatClient, ChatError
from ..script import Script
from ..store import MemoryStore
from ..watch import watch
from .careful import CarefulServer
from .eavesdrop import eavesdrop
from .evidence import Evidence
from .scene import WORDS, Scene

__all__ = ["ServerClass", "play"]

# Called with (model, store); the store may be None, and then the server makes its own.
ServerClass: TypeAlias = Callable[..., ChatKitServer[Any]]

# Seconds on the loop's clock in which everything that was begun must have ended.
AFTERWARDS = 60.0
# Real seconds. Short, so that even a block of 0.05 s is looked at many times.
BLOCK_LIMIT = 0.01


async def play(scene: Scene, server_class: ServerClass) -> Evidence:
    """Play the scene with a server of this class, and collect what it left behind."""
    evidence = Evidence()
    model = scene.script.model()
    server = server_class(model, MemoryStore(latency=scene.latency))
    if scene.neighbour:
        await _neighbour(Evidence())  # the SDKs import much when first used, and that blocks too
    before = asyncio.all_tasks()
    with _swept(), _warnings(evidence.warnings), eavesdrop(evidence.logged):
        with _watch(scene, server, evidence):
            evidence.recordings, evidence.saved = await _converse(scene, server, evidence)
        evidence.tasks_left = len(asyncio.all_tasks() - before)
        evidence.made, evidence.asked = len(model.made), model.asked
        if scene.own_store_too:
            own = server_class(scene.script.model())
            _, evidence.saved_without_awaits = await _converse(scene, own, evidence)
        # What nobody holds any more warns or logs as it is thrown away; a generator is closed in a task.
        gc.collect()
        await asyncio.sleep(1)
    return evidence


async def _converse(scene: Scene, server: ChatKitServer[Any], evidence: Evidence) -> Any:
    app = _documented_app(server)
    streams: list[Any] = []
    async with ChatClient.over(app, read_delay=scene.read_delay) as client:
        async with asyncio.TaskGroup() as readers:
            if scene.neighbour:
                readers.create_task(_neighbour(evidence))
            for question in scene.questions:
                thread_id = streams[-1].thread_id if streams else None
                streams.append(client.send(question, thread_id))
                reader = readers.create_task(_read(streams[-1], scene.leave_after))
                if scene.interrupt_after is None:
                    await reader
                else:
                    await asyncio.sleep(scene.interrupt_after)
        await asyncio.sleep(AFTERWARDS)
    saved = await _saved(server, streams[0].thread_id)
    return [stream.recording for stream in streams], saved


async def _read(stream: Any, leave_after: int | None) -> None:
    with contextlib.suppress(ChatError):  # the recording tells: its outcome is "error"
        async with stream:
            async for _ in stream:
                if stream.recording.deltas == leave_after:
                    return


async def _neighbour(evidence: Evidence) -> None:
    """Read an innocent stream of another server; the wall clock tells how long it stood still."""
    server = CarefulServer(Script.say(WORDS, thinking=0.0).model())
    async with ChatClient.over(_documented_app(server)) as client, client.send("Hi") as stream:
        last = time.perf_counter()
        async for _ in stream:
            now = time.perf_counter()
            evidence.neighbour_wait = max(evidence.neighbour_wait, now - last)
            last = now


async def _saved(server: ChatKitServer[Any], thread_id: str | None) -> list[tuple[str, str]]:
    if thread_id is None:  # the server never got so far
        return []
    page = await server.store.load_thread_items(thread_id, None, 100, "asc", {})
    return [(item.type, _text(item.model_dump())) for item in page.data]


def _text(item: dict[str, Any]) -> str:
    content = item.get("content", "")
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _documented_app(server: ChatKitServer[Any]) -> Starlette:
    """ChatKit's documented endpoint, as most servers have it.

    Not `create_app`: its response ends the body so carefully that plain ChatKit saves there too.
    """

    async def chatkit(request: Request) -> StreamingResponse:
        result: Any = await server.process(await request.body(), {})
        return StreamingResponse(result, media_type="text/event-stream")

    return Starlette(routes=[Route("/chatkit", chatkit, methods=["POST"])])


@contextlib.contextmanager
def _warnings(found: list[str]) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    found += [f"{warning.category.__name__}: {warning.message}" for warning in caught]


@contextlib.contextmanager
def _swept() -> Iterator[None]:
    """Let `gc.collect()` look only at what is made from now on: over all that the SDKs hold it takes 0.3 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _watch(scene: Scene, server: ChatKitServer[Any], evidence: Evidence) -> Iterator[None]:
    if not scene.neighbour:  # a watch is a thread; only the pitfall about blocking needs it
        yield
        return
    with watch(BLOCK_LIMIT) as blocks:
        yield
    # A loaded machine blocks in many places. What counts is what the server's author wrote.
    file = type(server).respond.__code__.co_filename
    evidence.blocked = [block for block in blocks if block.file == file]
