"""A real nginx in front of the server: what it holds back, what it hands over, and whom it tells that the reader left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lesson_kit.client import ChatClient
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.web import EventStream, create_app
from tests.conversation import WORDS, text_of
from tests.live.hosts import on_uvicorn
from tools.nginx import HOW_TO_GET, find_nginx, nginx, rendered

pytestmark = [pytest.mark.live, pytest.mark.skipif(find_nginx() is None, reason=HOW_TO_GET)]

PIECES = 20
LONG = 30.0  # seconds; never waited for where nginx hands over


class LockStep:
    """Sends the next piece only when the reader has the one before, or when it was not there after `patience` seconds.

    So nothing depends on how fast this machine is: either each piece arrives by itself, or the first one is held back.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.arrived = asyncio.Condition()
        self.seen = 0
        self.one_by_one = 0

    async def body(self) -> AsyncIterator[bytes]:
        for number in range(1, PIECES + 1):
            yield b"data: %d\n\n" % number
            if self.one_by_one < number - 1:
                continue  # held back: the rest at once, so that the test ends
            try:
                async with asyncio.timeout(self.patience), self.arrived:
                    await self.arrived.wait_for(lambda number=number: self.seen >= number)
                self.one_by_one += 1
            except TimeoutError:
                pass

    async def read(self, address: str) -> list[str]:
        lines = []
        async with httpx2.AsyncClient(base_url=address, trust_env=False, timeout=LONG) as http:
            async with http.stream("POST", "/chatkit") as response:
                async for line in response.aiter_lines():
                    if line:
                        lines.append(line)
                        async with self.arrived:
                            self.seen = len(lines)
                            self.arrived.notify_all()
        return lines


def with_the_header(steps: LockStep) -> Response:
    return EventStream(steps.body())


def without_the_header(steps: LockStep) -> Response:
    return StreamingResponse(steps.body(), media_type="text/event-stream")


@contextmanager
def in_front_of(address: str, template: str) -> Any:
    with nginx(template, address.removeprefix("http://")) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("template", "respond", "patience", "one_by_one"),
    [
        ("streaming", without_the_header, LONG, PIECES),
        ("streaming", with_the_header, LONG, PIECES),
        ("default", with_the_header, LONG, PIECES),
        ("default", without_the_header, 0.5, 0),
        ("buffering", with_the_header, 0.5, 0),
    ],
)
async def test_pieces_arrive_one_by_one_unless_nginx_buffers_and_nobody_forbids_it(
    template: str, respond: Any, patience: float, one_by_one: int
) -> None:
    steps = LockStep(patience)

    async def endpoint(request: Request) -> Response:
        return respond(steps)  # type: ignore[no-any-return]

    app = Starlette(routes=[Route("/chatkit", endpoint, methods=["POST"])])
    async with on_uvicorn(app) as address:
        with in_front_of(address, template) as proxy:
            lines = await steps.read(proxy)
    assert lines == [f"data: {number}" for number in range(1, PIECES + 1)]
    assert steps.one_by_one == one_by_one


async def test_a_reader_that_leaves_nginx_stops_the_turn_and_its_partial_is_saved() -> None:
    model = Script.say([f"w{n} " for n in range(1000)], thinking=0.05, gap=0.05).model()
    server = LessonServer(model=model)
    async with on_uvicorn(create_app(server)) as address:
        with in_front_of(address, "streaming") as proxy:
            async with ChatClient.at(proxy) as client, client.send("Hi") as stream:
                async for _ in stream:
                    if stream.recording.deltas == 5:
                        break
            async with asyncio.timeout(LONG):  # the whole answer would take 50 s
                await server.drain()
        assert len(model.made) < 1000
        assert stream.thread_id
        page = await server.store.load_thread_items(stream.thread_id, None, 10, "asc", {})
    kinds = [item.type for item in page.data]
    assert kinds == ["user_message", "assistant_message", "sdk_hidden_context"]
    assert text_of(page.data[1].model_dump()).startswith("w0 w1 w2 w3 w4 ")


async def test_an_answer_of_the_real_server_is_the_same_through_nginx() -> None:
    async with on_uvicorn(
        create_app(LessonServer(model=Script.say(WORDS, thinking=0.01, gap=0.001).model()))
    ) as address:
        with in_front_of(address, "streaming") as proxy:
            async with ChatClient.at(proxy) as client, client.send("Hi") as stream:
                async for _ in stream:
                    pass
            async with httpx2.AsyncClient(base_url=proxy, trust_env=False) as http:
                assert (await http.get("/healthz")).status_code == 200
                assert (await http.get("/")).status_code == 200
                assert (await http.get("/metrics")).status_code == 404  # for the inside only
                # A browser names the page that asks. The server compares it with the host, port included.
                asks = {"type": "threads.list", "params": {}}
                for origin, status in ((proxy, 200), ("http://evil.example", 403)):
                    response = await http.post("/chatkit", json=asks, headers={"Origin": origin})
                    assert response.status_code == status
    assert (stream.recording.text, stream.recording.outcome) == (WORDS, "done")


def test_a_configuration_that_nginx_does_not_understand_is_told_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.nginx.rendered", lambda *_, **__: rendered("tls"))
    with pytest.raises(RuntimeError, match="nginx did not start"), nginx("tls", "127.0.0.1:1"):
        pass
