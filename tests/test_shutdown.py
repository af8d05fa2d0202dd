"""A server that ends loses no answer."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from lesson_kit import clock
from lesson_kit.link import Link
from lesson_kit.web import create_app
from tests.asking import create, refused
from tests.talker import Talker


class Closing(Talker):
    """Has what LessonServer has for a shutdown, and notes the calls."""

    def __init__(self, drain_takes: float = 0.5) -> None:
        super().__init__()
        self.calls: list[tuple[float, str]] = []
        self.drain_takes = drain_takes
        self.store.close = self.close  # type: ignore[attr-defined]

    def note(self, call: str) -> None:
        self.calls.append((asyncio.get_running_loop().time(), call))

    def stop_all(self, why: str) -> None:
        self.note(f"stop_all {why}")

    async def drain(self) -> None:
        await asyncio.sleep(self.drain_takes)
        self.note("drained")

    async def close(self) -> None:
        self.note("closed")


def test_the_lifespan_stops_the_turns_waits_for_them_and_closes_the_store() -> None:
    server = Closing()

    async def main() -> None:
        app = create_app(server)
        async with app.router.lifespan_context(app):
            assert server.calls == []

    clock.run(main())
    assert server.calls == [(0.0, "stop_all shutdown"), (0.5, "drained"), (0.5, "closed")]


def test_a_drain_that_hangs_is_left_behind_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    server = Closing(drain_takes=1e6)

    async def main() -> None:
        app = create_app(server)
        async with app.router.lifespan_context(app):
            pass

    clock.run(main())
    assert server.calls == [(0.0, "stop_all shutdown"), (30.0, "closed")]
    assert "still saving after 30.0 s" in caplog.text


def test_plain_chatkit_has_nothing_to_shut_down() -> None:
    async def main() -> None:
        app = create_app(Talker())
        async with app.router.lifespan_context(app):
            pass

    clock.run(main())


def test_while_shutting_down_health_and_new_requests_get_503() -> None:
    server = Closing()

    async def main() -> None:
        app = create_app(server)
        app.state.shutdown.begin()
        app.state.shutdown.begin()
        async with httpx2.AsyncClient(transport=Link(app), base_url="http://app") as http:
            assert (await http.get("/healthz")).status_code == 503
            response = await http.post("/chatkit", json=create())
            refused(response, 503, "shutting down")
            assert response.headers["retry-after"] == "5"

    clock.run(main())
    assert server.calls == [(0.0, "stop_all shutdown")]
