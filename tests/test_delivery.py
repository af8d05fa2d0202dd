"""The streaming response: it notices that its reader left, and its body has ended when it returns."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.link import Link
from lesson_kit.web.delivery import EventStream

VERSIONS = pytest.mark.parametrize("spec_version", ["2.0", "2.3", "2.4"])
marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker")


def now() -> float:
    return asyncio.get_running_loop().time()


class Body:
    """Ten chunks, two generators deep, one a second; saves for 20 ms when it ends before its time."""

    def __init__(self, gap: float = 1.0, fails_at: int | None = None) -> None:
        self.gap = gap
        self.fails_at = fails_at
        self.made = 0
        self.began = False
        self.ended: list[tuple[float, str]] = []

    async def inner(self) -> AsyncGenerator[bytes, None]:
        self.began = True
        token = marker.set("set here, reset here")
        try:
            for number in range(10):
                await asyncio.sleep(self.gap)
                if number == self.fails_at:
                    raise ConnectionResetError(
                        "the database is gone"
                    )  # an OSError, but not `send`'s
                self.made += 1
                yield b"data: %d\n\n" % number
            self.ended.append((now(), "done"))
        except BaseException as error:
            await asyncio.sleep(0.02)
            self.ended.append((now(), type(error).__name__))
            raise
        finally:
            marker.reset(token)  # ValueError if this were another context than the first step's

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self.inner():
            yield chunk


async def stream(body: Body, last_words: Any = None, **link_options: Any) -> list[bytes]:
    """Read all that comes; afterwards no task is left and the app has ended."""
    seen: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await EventStream(body(), last_words=last_words)(scope, receive, send)
        assert body.ended or not body.began, "returned before the body had ended"

    link = Link(app, **link_options)
    async with httpx2.AsyncClient(transport=link, base_url="http://app", timeout=None) as http:
        try:
            async with http.stream("POST", "/") as response:
                async for chunk in response.aiter_raw():
                    seen.append(chunk)  # noqa: PERF401  # what came before an error counts
        except httpx2.ReadError:
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}
    for error in link.errors:
        raise error
    return seen


@VERSIONS
def test_a_whole_stream_arrives(spec_version: str) -> None:
    body = Body()
    seen = clock.run(stream(body, spec_version=spec_version))
    assert seen == [b"data: %d\n\n" % n for n in range(10)]
    assert body.ended == [(10.0, "done")]


@VERSIONS
@pytest.mark.parametrize("sever", [False, True])
def test_a_reader_who_leaves_cancels_the_body_where_it_waits(
    spec_version: str, sever: bool, caplog: pytest.LogCaptureFixture
) -> None:
    body = Body()
    seen = clock.run(stream(body, spec_version=spec_version, cut_at=3.5, sever=sever))
    assert len(seen) == 3
    # Severed, the app learns of it by its next `send`, at 4.0.
    assert body.ended == [(4.02 if sever else 3.52, "CancelledError")]
    assert body.made == (4 if sever else 3)
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


@pytest.mark.parametrize("sever", [False, True])
def test_a_slow_reader_who_leaves_cancels_the_body_too(sever: bool) -> None:
    """The body rests at its `yield` while `send` waits: there, closing it would be GeneratorExit."""
    body = Body()
    clock.run(stream(body, read_delay=60.0, cut_at=3.5, sever=sever))
    assert body.ended == [(3.52, "CancelledError")]
    assert body.made == 2


def test_a_body_whose_reader_left_before_it_began_is_not_begun() -> None:
    body = Body()

    async def main() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise OSError("gone")

        await EventStream(body())({"type": "http"}, receive, send)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())
    assert not body.began


def test_an_error_of_the_body_cuts_the_answer() -> None:
    body = Body(fails_at=2)
    with pytest.raises(ConnectionResetError, match="the database is gone"):
        clock.run(stream(body))
    assert body.ended == [(3.02, "ConnectionResetError")]


def test_last_words_tell_the_reader_of_an_error() -> None:
    body = Body(fails_at=2)
    seen = clock.run(stream(body, last_words=lambda error: f"sorry: {error}".encode()))
    assert seen == [b"data: 0\n\n", b"data: 1\n\n", b"sorry: the database is gone"]


def test_headers_forbid_buffering() -> None:
    response = EventStream(Body()())
    assert dict(response.headers) == {
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "content-type": "text/event-stream; charset=utf-8",
    }


class Host:
    """Runs a response as a server does, with a reader who takes everything and never leaves."""

    def __init__(self, body: Body) -> None:
        self.response = EventStream(body())

    async def run(self) -> None:
        await self.response({"type": "http"}, self.receive, self.send)

    async def receive(self) -> Any:
        await asyncio.Event().wait()

    async def send(self, message: Any) -> None:
        await asyncio.sleep(0)


def test_a_cancel_from_the_server_lets_the_body_save() -> None:
    body = Body()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.5):
                await Host(body).run()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())
    assert body.ended == [(3.52, "CancelledError")]


def test_a_cancelled_anyio_scope_lets_the_body_save() -> None:
    """Such a scope cancels every await in its tasks, the cleanup's included: Starlette's middleware has one."""
    body = Body()

    async def main() -> None:
        with anyio.move_on_after(3.5):
            await Host(body).run()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())
    assert body.ended == [(3.52, "CancelledError")]


def test_a_second_cancel_breaks_the_cleanup_off() -> None:
    body = Body()

    async def main() -> None:
        task = asyncio.create_task(Host(body).run())
        await asyncio.sleep(3.5)
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert now() == 3.51
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())
    assert body.ended == []


def test_a_servers_cancel_while_the_body_saves_does_not_disturb_it() -> None:
    body = Body()

    async def main() -> None:
        host = Host(body)
        gone = asyncio.Event()

        async def send(message: Any) -> None:
            if body.made == 3:
                gone.set()
                raise OSError("gone")

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        host.send, host.receive = send, receive  # type: ignore[method-assign]
        task = asyncio.create_task(host.run())
        await asyncio.sleep(3.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    clock.run(main())
    assert body.ended == [(3.02, "CancelledError")]


@given(
    cut_at=st.floats(0, 12), delay=st.sampled_from([0.0, 0.3, 5.0]), sever=st.booleans(),
    gap=st.sampled_from([0.0, 0.5, 1.0]), version=st.sampled_from(["2.0", "2.4"]),
)  # fmt: skip
@settings(deadline=None, max_examples=100)
def test_a_cut_at_any_time_leaves_no_task_and_no_error(
    cut_at: float, delay: float, sever: bool, gap: float, version: str
) -> None:
    body = Body(gap)
    seen = clock.run(
        stream(body, cut_at=cut_at, read_delay=delay, sever=sever, spec_version=version)
    )
    assert len(seen) <= body.made
