"""How much one client may ask, how fast, and how long it may take to say it; all in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from lesson_kit import clock
from lesson_kit.link import Link
from lesson_kit.store import MemoryStore
from lesson_kit.web import Guard, Tokens, create_app
from lesson_kit.web.ratelimit import RateLimit
from tests.asking import JSON, ask, connect, create, events, on, refused
from tests.conversation import other_tasks
from tests.talker import Talker

LIST = on("threads.list")


def talk(
    main: Callable[[httpx2.AsyncClient], Awaitable[None]], server: Any, **options: Any
) -> None:
    """Run a conversation over one connection; no task may be left after it."""

    async def run() -> None:
        async with connect(server, **options) as http:
            await main(http)
        assert other_tasks() == set()

    clock.run(run())


@pytest.mark.parametrize(
    "limits",
    [{"body_limit": 0}, {"body_seconds": -1.0}, {"rate": 0.0}, {"turns": 0}, {"burst": float("nan")},
     {"rate": float("inf")}, {"threads_per_user": -3}],
)  # fmt: skip
def test_a_limit_is_a_number_above_zero(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(limits))} must be a number above 0"):
        Guard(**limits)


def test_a_burst_passes_and_then_one_each_interval() -> None:
    async def main() -> None:
        limit = RateLimit(rate=2.0, burst=3)
        assert [limit.take("ada") for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 0.5]
        assert limit.take("bob") == 0.0
        for _ in range(3):
            await asyncio.sleep(0.5)
            assert limit.take("ada") == 0.0
        await asyncio.sleep(1000)
        assert [limit.take("ada") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]

    clock.run(main())


def test_whoever_waits_as_long_as_told_passes_whatever_the_rounding() -> None:
    async def main() -> None:
        for rate in (0.1, 0.3, 3.0, 7.0, 9.7):
            limit = RateLimit(rate, burst=1)
            for _ in range(50):
                assert limit.take("ada") == 0.0
                await asyncio.sleep(limit.take("ada"))

    clock.run(main())


def test_the_rate_limit_forgets_idle_clients_and_is_bounded_when_none_is_idle() -> None:
    async def main() -> None:
        limit = RateLimit(rate=1.0, burst=5, most=100)
        for number in range(1000):
            limit.take(f"client {number}")
            assert len(limit) <= 100
        await asyncio.sleep(5)
        limit.take("ada")
        assert len(limit) == 1

    clock.run(main())


def test_too_many_requests_are_told_when_to_come_again() -> None:
    async def main(http: httpx2.AsyncClient) -> None:
        for _ in range(3):
            assert (await http.post("/chatkit", json=LIST)).status_code == 200
        response = await http.post("/chatkit", json=LIST)
        refused(response, 429, "too many requests")
        assert response.headers["retry-after"] == "2"
        for path in ("/", "/healthz", "/page/page.js"):
            assert (await http.get(path)).status_code == 200
        await asyncio.sleep(2)
        assert (await http.post("/chatkit", json=LIST)).status_code == 200

    talk(main, Talker(), guard=Guard(rate=0.5, burst=3))


def test_each_user_has_a_rate_of_their_own_and_guessing_tokens_has_one_too() -> None:
    tokens = Tokens(f"ada:{'a' * 16}\nbob:{'b' * 16}")

    async def main(http: httpx2.AsyncClient) -> None:
        async def status(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return (await http.post("/chatkit", json=LIST, headers=headers)).status_code

        assert [await status("a" * 16) for _ in range(3)] == [200, 200, 429]
        assert [await status("b" * 16) for _ in range(3)] == [200, 200, 429]
        assert [await status("guess" * 4) for _ in range(3)] == [401, 401, 429]

    talk(main, Talker(), guard=Guard(rate=0.5, burst=2), tokens=tokens)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),  # whoever has one has the whole /64
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "other", False),
    ],
)
def test_without_tokens_a_user_is_a_network_address(first: str, second: str, shared: bool) -> None:
    async def main() -> list[int]:
        app = create_app(Talker(), guard=Guard(rate=0.1, burst=1))
        seen = []
        for host in (first, second):
            link = Link(app, client=(host, 1))
            async with httpx2.AsyncClient(transport=link, base_url="http://app") as http:
                seen.append((await http.post("/chatkit", json=LIST)).status_code)
        return seen

    assert clock.run(main()) == [200, 429 if shared else 200]


@pytest.mark.parametrize("gap", [5.0, 40.0])
def test_a_body_that_trickles_in_is_refused_when_its_time_is_up(gap: float) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(gap)

    async def main(http: httpx2.AsyncClient) -> None:
        began = asyncio.get_running_loop().time()
        response = await http.post("/chatkit", content=slow(), headers=JSON)
        assert asyncio.get_running_loop().time() - began == 20.0
        refused(response, 408, "of the body came in 20 s")
        assert response.headers["connection"] == "close"

    talk(main, Talker(), guard=Guard(body_seconds=20.0))


def test_headers_without_end_are_refused() -> None:
    headers = JSON | {"X-Padding": "x" * 40_000}
    refused(ask(Talker(), LIST, headers), 431, "the headers have 40")


def stream_of(http: httpx2.AsyncClient, body: Any, **more: Any) -> Any:
    return http.stream("POST", "/chatkit", json=body, **more)


def test_a_user_streams_so_many_answers_at_once_and_the_next_when_one_has_ended() -> None:
    async def main(http: httpx2.AsyncClient) -> None:
        async with stream_of(http, create()) as first, stream_of(http, create()) as second:
            response = await http.post("/chatkit", json=create())
            refused(response, 429, "2 answers stream to you already")
            assert response.headers["retry-after"] == "5"
            assert (await http.post("/chatkit", json=LIST)).status_code == 200
            await first.aread()
            assert (await http.post("/chatkit", json=create())).status_code == 200
            await second.aread()

    talk(main, Talker(gap=0.1), guard=Guard(turns_per_user=2))


def test_the_server_streams_so_many_answers_in_all() -> None:
    async def main(http: httpx2.AsyncClient) -> None:
        tokens = [{"Authorization": f"Bearer {name * 16}"} for name in "abc"]
        async with stream_of(http, create(), headers=tokens[0]):
            async with stream_of(http, create(), headers=tokens[1]):
                response = await http.post("/chatkit", json=create(), headers=tokens[2])
                refused(response, 503, "the server streams 2 answers already")

    tokens = Tokens("\n".join(f"{name}:{name * 16}" for name in "abc"))
    talk(main, Talker(), guard=Guard(turns=2), tokens=tokens)


def test_a_new_question_in_a_thread_that_still_answers_needs_no_place_of_its_own() -> None:
    async def main(http: httpx2.AsyncClient) -> None:
        async with stream_of(http, create()) as first:
            assert '"thread.created"' in await anext(first.aiter_lines())
            again = on("threads.add_user_message", thread_id="thr_1", **create()["params"])
            async with stream_of(http, again) as second:
                assert second.status_code == 200
                refused(await http.post("/chatkit", json=again), 429, "2 answers stream")
                refused(await http.post("/chatkit", json=create()), 429, "2 answers stream")

    talk(main, Talker(), guard=Guard(turns_per_user=1))


@pytest.mark.parametrize("end", ["left", "failed", "refused"])
def test_a_place_is_given_back_however_the_answer_ends(end: str) -> None:
    server = Talker(gap=0.1)

    async def main(http: httpx2.AsyncClient) -> None:
        for _ in range(5):
            if end == "refused":
                server.process = broken  # type: ignore[method-assign, assignment]
                response = await http.post("/chatkit", json=create())
                assert response.status_code == 500
                del server.process
            if end == "failed":
                server.fails = ValueError("a bug")
                response = await http.post("/chatkit", json=create())
                assert events(response)[-1]["type"] == "error"
                server.fails = None
            if end == "left":
                async with stream_of(http, create()) as response:
                    await anext(response.aiter_lines())
                await asyncio.sleep(0.5)  # the server cleans up
        assert (await http.post("/chatkit", json=create())).status_code == 200

    async def broken(*_: Any) -> Any:
        raise RuntimeError("disk full")

    talk(main, server, guard=Guard(turns_per_user=1))


def test_a_reader_who_takes_nothing_for_a_minute_has_left_and_the_partial_is_kept() -> None:
    """It keeps the connection open; a server hears of no disconnect."""
    server = Talker(gap=0.1)

    async def main() -> list[str]:
        app = create_app(server, guard=Guard(unread_seconds=60.0, turns_per_user=1))
        link = Link(app)
        async with httpx2.AsyncClient(transport=link, base_url="http://app", timeout=None) as http:
            async with stream_of(http, create()) as response:
                lines = response.aiter_lines()
                while "delta3" not in await anext(lines):
                    pass
                await asyncio.sleep(59)
                refused(await http.post("/chatkit", json=create()), 429, "1 answers stream")
                await asyncio.sleep(20)
                assert (await http.post("/chatkit", json=create())).status_code == 200
        return await server.texts("thr_1")

    question, partial, note = clock.run(main())
    assert (question, note) == ("Hi", "sdk_hidden_context")
    assert partial.startswith("delta0 delta1 delta2 delta3 ")


def test_a_slow_reader_is_no_absent_one() -> None:
    async def main() -> str:
        link = Link(create_app(Talker(gap=0.1), guard=Guard(unread_seconds=60.0)), read_delay=50.0)
        async with httpx2.AsyncClient(transport=link, base_url="http://app", timeout=None) as http:
            return (await http.post("/chatkit", json=create())).text

    assert "delta9" in clock.run(main())


class Counting(MemoryStore):
    """Counts all threads, as a store does that knows no users; every call takes a moment."""

    def __init__(self) -> None:
        super().__init__(latency=0.05)

    async def count_threads(self, context: Any) -> int:
        return len((await self.load_threads(100, None, "asc", context)).data)


def test_one_thread_too_many_is_refused_and_the_others_still_work() -> None:
    server = Talker(gap=0.1)
    server.store = Counting()

    async def main(http: httpx2.AsyncClient) -> None:
        # All at once: each would find a place free if those on their way did not count.
        answers = [http.post("/chatkit", json=create()) for _ in range(5)]
        statuses = [response.status_code for response in await asyncio.gather(*answers)]
        assert sorted(statuses) == [200, 200, 200, 409, 409]
        refused(await http.post("/chatkit", json=create()), 409, "you have 3 threads already")
        more = on("threads.add_user_message", thread_id="thr_1", **create()["params"])
        assert (await http.post("/chatkit", json=more)).status_code == 200
        await http.post("/chatkit", json=on("threads.delete", thread_id="thr_2"))
        assert (await http.post("/chatkit", json=create())).status_code == 200

    talk(main, server, guard=Guard(threads_per_user=3))


def test_a_store_that_cannot_count_threads_is_told_at_once() -> None:
    server = Talker()
    server.store = object()  # type: ignore[assignment]
    with pytest.raises(ValueError, match="threads_per_user needs a store that counts threads"):
        create_app(server, guard=Guard(threads_per_user=3))
