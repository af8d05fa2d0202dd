"""Ending a chain of async generators in this task, from the innermost out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from lesson_kit import clock
from lesson_kit.unwind import unwind


class Chain:
    """Three generators deep, as ChatKit's stream is; the innermost notes how it ended, and awaits while it does."""

    def __init__(self) -> None:
        self.met: list[str] = []

    async def inner(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(5):
                yield number
                await asyncio.sleep(1)
        except BaseException as error:
            self.met.append(type(error).__name__)
            await asyncio.sleep(0.02)
            self.met.append("saved")
            raise
        finally:
            task = asyncio.current_task()
            assert task
            self.met.append(f"in {task.get_name()}")

    async def middle(self) -> AsyncGenerator[int, None]:
        async for number in self.inner():
            yield number

    async def outer(self) -> AsyncGenerator[int, None]:
        async for number in self.middle():
            yield number


def test_the_innermost_generator_is_cancelled_in_this_task() -> None:
    async def main() -> list[str]:
        chain = Chain()
        source = chain.outer()
        await anext(source)
        task = asyncio.current_task()
        assert task
        task.set_name("here")
        await unwind(source)
        assert asyncio.all_tasks() == {task}
        assert task.cancelling() == 0
        await asyncio.sleep(1)  # nothing of the cancel is left over
        return chain.met

    assert clock.run(main()) == ["CancelledError", "saved", "in here"]


def test_aclose_alone_leaves_the_inner_ones_to_the_garbage_collector() -> None:
    """Why this module exists."""

    async def main() -> list[str]:
        chain = Chain()
        source = chain.outer()
        await anext(source)
        await source.aclose()
        assert chain.met == []  # not yet
        await asyncio.sleep(1)
        return chain.met

    first, *_, last = clock.run(main())
    assert first == "GeneratorExit"
    assert last != "in here"


def test_a_finished_generator_is_left_alone() -> None:
    async def main() -> None:
        source = Chain().outer()
        async for _ in source:
            pass
        await unwind(source)
        await asyncio.sleep(1)

    clock.run(main())


def test_what_is_still_yielded_is_thrown_away() -> None:
    async def main() -> int:
        asked = 0

        async def source() -> AsyncGenerator[int, None]:
            nonlocal asked
            for asked in range(10):
                yield asked
            await asyncio.sleep(9)
            raise AssertionError("went on after the cancel")

        numbers = source()
        await anext(numbers)
        await unwind(numbers)
        assert asyncio.get_running_loop().time() == 0.0
        return asked

    assert clock.run(main()) == 9


def test_a_generator_that_swallows_the_cancel_is_cancelled_again() -> None:
    async def main() -> int:
        cancels = 0

        async def stubborn() -> AsyncGenerator[int, None]:
            nonlocal cancels
            while cancels < 3:
                try:
                    yield 0
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    cancels += 1

        source = stubborn()
        await anext(source)
        await unwind(source)
        return cancels

    assert clock.run(main()) == 3


def test_a_generator_that_never_waits_is_closed() -> None:
    async def main() -> bool:
        closed = False

        async def endless() -> AsyncGenerator[int, None]:
            nonlocal closed
            try:
                while True:
                    yield 0
            finally:
                closed = True

        source = endless()
        await anext(source)
        await unwind(source)
        return closed

    assert clock.run(main())


def test_an_error_on_the_way_out_is_raised() -> None:
    async def main() -> None:
        async def source() -> AsyncGenerator[int, None]:
            try:
                yield 0
                await asyncio.sleep(1)
            finally:
                raise KeyError("the store is gone")

        numbers = source()
        await anext(numbers)
        await unwind(numbers)

    with pytest.raises(KeyError, match="the store is gone"):
        clock.run(main())


def test_a_cancel_from_outside_is_not_swallowed() -> None:
    async def main() -> None:
        async def source() -> AsyncGenerator[int, None]:
            try:
                yield 0
                await asyncio.sleep(1)
            finally:
                await asyncio.sleep(99)

        numbers = source()
        await anext(numbers)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await unwind(numbers)
        assert asyncio.get_running_loop().time() == 2.0

    clock.run(main())
