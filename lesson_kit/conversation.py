"""A whole conversation in one call, for lessons: client, bytes, app, server, agent and model."""

from __future__ import annotations

import functools
from typing import Any

from chatkit.server import ChatKitServer

from .client import ChatClient
from .clock import run
from .recording import Recording
from .script import Script
from .server import LessonServer
from .web import create_app


async def talk(server: ChatKitServer[Any], *questions: str, **link: Any) -> list[Recording]:
    """Ask the questions one after the other, on one thread; return a recording of each answer.

    `link` are faults of the connection, such as `cut_at=2.0` (seconds), `read_delay=0.5` or `split=1`: see `Link`.
    In virtual time, and from a notebook cell too: `run(talk(server, "Why stream?"))`.
    """
    recordings: list[Recording] = []
    thread_id: str | None = None
    async with ChatClient.over(create_app(server), **link) as client:
        for question in questions:
            async with client.send(question, thread_id) as stream:
                async for _ in stream:
                    pass
            thread_id = stream.thread_id
            recordings.append(stream.recording)
    return recordings


@functools.cache
def warm_up() -> None:
    """Hold one short conversation in virtual time, once in a process.

    The SDKs build their schemas on the first call. That is half a second or more, which the first answer's first
    token would carry: a figure that says nothing about streaming.
    """
    run(talk(LessonServer(model=Script.say("Hello").model()), "Hi"))
