"""A stream that outlives its reader."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lesson_kit.clock import run
from lesson_kit.server.relay import Relay

Log = list[str]


async def counting(log: Log, most: int = 5, gap: float = 1.0) -> AsyncIterator[bytes]:
    for number in range(most):
        await asyncio.sleep(gap)
        log.append(f"made {number}")
        yield b"%d" % number
    log.append("ended")


def start(work) -> asyncio.Task[None]:  # type: ignore[no-untyped-def]
    task = asyncio.create_task(work)
    tasks.append(task)
    return task


tasks: list[asyncio.Task[None]] = []


def test_everything_passes_in_order() -> None:
    async def main() -> list[bytes]:
        log: Log = []
        stream = Relay(counting(log), start=start, reader_left=lambda: log.append("left")).chunks()
        chunks = [chunk async for chunk in stream]
        assert "left" not in log
        return chunks

    assert run(main()) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_reader_that_leaves_tells_the_turn_but_cancels_nothing() -> None:
    async def main() -> Log:
        log: Log = []
        stream = Relay(counting(log), start=start, reader_left=lambda: log.append("left")).chunks()
        async for chunk in stream:
            if chunk == b"1":
                break
        await stream.aclose()
        await asyncio.sleep(10)
        return log

    assert run(main()) == ["made 0", "made 1", "left", "made 2", "made 3", "made 4", "ended"]


def test_a_cancelled_reader_counts_as_left() -> None:
    async def main() -> Log:
        log: Log = []

        async def read() -> None:
            async for _ in Relay(
                counting(log), start=start, reader_left=lambda: log.append("left")
            ).chunks():
                pass

        reader = asyncio.create_task(read())
        await asyncio.sleep(2.5)
        reader.cancel()
        await asyncio.sleep(10)
        return log

    assert run(main()) == ["made 0", "made 1", "left", "made 2", "made 3", "made 4", "ended"]


def test_a_slow_reader_slows_nothing_down() -> None:
    async def main() -> tuple[Log, float]:
        log: Log = []
        loop = asyncio.get_running_loop()
        async for _ in Relay(counting(log), start=start, reader_left=lambda: None).chunks():
            if "ended" not in log:
                await asyncio.sleep(3)
        return log, loop.time()

    assert run(main())[0][-1] == "ended"


def test_an_error_comes_after_all_that_was_made_before_it() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"
        raise LookupError("gone")

    async def main() -> list[bytes]:
        got: list[bytes] = []
        with pytest.raises(LookupError, match="gone"):
            async for chunk in Relay(failing(), start=start, reader_left=lambda: None).chunks():
                await asyncio.sleep(1)
                got.append(chunk)
        return got

    assert run(main()) == [b"a", b"b"]


def read_slowly(pause: float, total: float) -> list[bytes]:
    async def main() -> list[bytes]:
        got: list[bytes] = []
        stream = Relay(
            counting([]), start=start, reader_left=lambda: None, total=total, too_late=b"late"
        ).chunks()
        async for chunk in stream:
            got.append(chunk)
            await asyncio.sleep(pause)
        return got

    return run(main())


def test_a_reader_still_behind_after_the_total_is_let_go() -> None:
    assert read_slowly(pause=3, total=8) == [b"0", b"1", b"2", b"late"]


def test_a_reader_that_keeps_up_is_never_late() -> None:
    assert read_slowly(pause=0.5, total=3.2) == [b"0", b"1", b"2", b"3", b"4"]
