"""The link between a client and an ASGI app: it streams, holds one chunk, and breaks on order."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.link import Link
from tests.ticking import Ticker, now, read


def test_each_chunk_arrives_when_it_was_sent() -> None:
    seen, error = clock.run(read(Link(Ticker([b"a", b"b", b"c"]))))
    assert seen == [(1.0, b"a"), (2.0, b"b"), (3.0, b"c")]
    assert error is None


def test_httpx2s_own_transport_gives_all_at_the_end() -> None:
    """Why this module exists."""

    async def main() -> list[tuple[float, bytes]]:
        transport = httpx2.ASGITransport(Ticker([b"a", b"b", b"c"]))
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as http:
            async with http.stream("POST", "/") as response:
                return [(now(), chunk) async for chunk in response.aiter_raw()]

    assert clock.run(main()) == [(3.0, b"abc")]


def test_split_and_merge_keep_every_byte() -> None:
    app = Ticker(["über".encode(), b"b", b"c"])
    assert [c for _, c in clock.run(read(Link(app, split=1)))[0]] == [
        b"\xc3", b"\xbc", b"b", b"e", b"r", b"b", b"c",
    ]  # fmt: skip
    assert clock.run(read(Link(app, merge=2)))[0] == [(2.0, "überb".encode()), (3.0, b"c")]
    assert clock.run(read(Link(app, split=2, merge=2)))[0] == [
        (1.0, "übe".encode()),
        (2.0, b"rb"),
        (3.0, b"c"),
    ]


@given(
    chunks=st.lists(st.binary(max_size=20), max_size=8),
    split=st.none() | st.integers(1, 25),
    merge=st.none() | st.integers(1, 10),
)
@settings(deadline=None, max_examples=60)
def test_any_split_and_merge_give_the_same_bytes(
    chunks: list[bytes], split: int | None, merge: int | None
) -> None:
    seen, error = clock.run(read(Link(Ticker(chunks), split=split, merge=merge)))
    assert b"".join(chunk for _, chunk in seen) == b"".join(chunks)
    assert error is None


def test_a_slow_reader_holds_the_app_back() -> None:
    app = Ticker([b"x"] * 4, gap=0.0)
    seen, _ = clock.run(read(Link(app, read_delay=1.0)))
    assert [t for t, _ in seen] == [1.0, 2.0, 3.0, 4.0]
    # One chunk lies in the link; each later one waits in `send` until its predecessor is taken.
    assert app.sent == [0.0, 1.0, 2.0, 3.0]


def test_a_cut_by_time_ends_both_sides() -> None:
    app = Ticker([b"x"] * 9)
    seen, error = clock.run(read(Link(app, cut_at=2.5)))
    assert [t for t, _ in seen] == [1.0, 2.0]
    assert isinstance(error, httpx2.ReadError)
    assert str(error) == "the link was cut after 2.5 s"
    assert app.disconnected_at == 2.5


def test_a_cut_by_bytes_delivers_exactly_so_many() -> None:
    app = Ticker([b"abcd"] * 9)
    seen, error = clock.run(read(Link(app, cut_after=6)))
    assert seen == [(1.0, b"abcd"), (2.0, b"ab")]
    assert isinstance(error, httpx2.ReadError)
    assert app.disconnected_at == 2.0


@pytest.mark.parametrize("cut", [{"cut_at": 0.0}, {"cut_after": 0}])
def test_a_cut_at_zero_delivers_nothing(cut: dict[str, Any]) -> None:
    app = Ticker([b"x"])
    seen, error = clock.run(read(Link(app, **cut)))
    assert seen == []
    assert isinstance(error, httpx2.ReadError)
    assert app.sent == []


def test_a_cut_finds_a_slow_reader_asleep() -> None:
    _, error = clock.run(read(Link(Ticker([b"x"] * 9), read_delay=60.0, cut_at=2.5)))
    assert isinstance(error, httpx2.ReadError)


def test_a_cut_after_the_end_does_nothing() -> None:
    seen, error = clock.run(read(Link(Ticker([b"x"]), cut_at=5.0, cut_after=2)))
    assert seen == [(1.0, b"x")]
    assert error is None


def test_a_severed_app_learns_of_it_when_it_sends() -> None:
    app = Ticker([b"x"] * 9)
    _, error = clock.run(read(Link(app, cut_at=2.5, sever=True)))
    assert isinstance(error, httpx2.ReadError)
    assert app.disconnected_at is None
    assert app.send_failed_at == 3.0


def test_an_app_that_waits_in_send_hears_of_the_cut() -> None:
    for sever in (False, True):
        app = Ticker([b"x"] * 9, gap=0.0)
        clock.run(read(Link(app, read_delay=60.0, cut_at=2.5, sever=sever)))
        assert (app.send_failed_at == 2.5) is sever
        assert app.ended_at == 2.5


def test_a_client_that_closes_early_disconnects_the_app_and_does_not_wait_for_it() -> None:
    app = Ticker([b"x"] * 9)

    async def main() -> None:
        link = Link(app)
        async with httpx2.AsyncClient(transport=link, base_url="http://app") as http:
            async with http.stream("POST", "/") as response:
                await anext(response.aiter_raw())
            assert app.ended_at is None
            await link.drain()
            assert app.disconnected_at == app.ended_at == 1.0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())


def test_a_client_that_is_cancelled_before_the_answer_disconnects_the_app() -> None:
    app = Ticker([])
    app.tick = lambda send: asyncio.sleep(99)  # type: ignore[method-assign]

    async def main() -> None:
        async with httpx2.AsyncClient(transport=Link(app), base_url="http://app") as http:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2.0):
                    await http.post("/")
        assert app.disconnected_at == 2.0

    clock.run(main())


def test_closing_the_link_leaves_no_task() -> None:
    app = Ticker([b"x"] * 9)

    async def main() -> None:
        link = Link(app)
        http = httpx2.AsyncClient(transport=link, base_url="http://app")
        await http.send(http.build_request("POST", "/"), stream=True)
        await http.aclose()
        assert app.disconnected_at is not None
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())


def test_an_app_that_ignores_the_disconnect_is_cancelled_in_the_end_with_a_warning() -> None:
    app = Ticker([], listens=False)
    app.tick = lambda send: asyncio.sleep(1e6)  # type: ignore[method-assign]

    async def main() -> float:
        link = Link(app, cut_at=1.0)
        async with httpx2.AsyncClient(transport=link, base_url="http://app") as http:
            with pytest.raises(httpx2.ReadError):
                await http.post("/chatkit")
        return now()

    with pytest.warns(RuntimeWarning, match=r"after 60 s .* app /chatkit"):
        assert clock.run(main()) == 61.0


@pytest.mark.parametrize("option", ["cut_at", "cut_after", "read_delay", "split", "merge"])
def test_an_option_out_of_range_is_refused(option: str) -> None:
    with pytest.raises(ValueError, match=rf"Link\({option}=...\) expected .* but got -1"):
        Link(Ticker([]), **{option: -1})  # type: ignore[arg-type]
