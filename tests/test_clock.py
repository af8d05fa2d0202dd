"""Virtual time: exact, instant, and never ahead of work that goes on outside the loop."""

import asyncio
import threading
import time

import aiosqlite
import anyio.to_thread
import pytest

from lesson_kit.clock import Deadlock, off_the_clock, run


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_long_sleep_takes_virtual_time_only() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400 * 3)
        return now()

    assert run(main()) == 259_200.0


def test_tasks_wake_in_the_order_of_their_timers() -> None:
    async def main() -> list[tuple[float, str]]:
        seen: list[tuple[float, str]] = []

        async def tick(name: str, gap: float) -> None:
            for _ in range(3):
                await asyncio.sleep(gap)
                seen.append((now(), name))

        await asyncio.gather(tick("slow", 0.3), tick("quick", 0.1))
        return seen

    assert run(main()) == [
        (0.1, "quick"), (0.2, "quick"), (0.3, "slow"), (0.3, "quick"), (0.6, "slow"), (0.9, "slow"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_million_ticks_do_not_drift() -> None:
    # call_at and not a million sleeps: the same arithmetic at a third of the price.
    async def main() -> float:
        loop, done, left = asyncio.get_running_loop(), asyncio.Event(), 1_000_000

        def tick() -> None:
            nonlocal left
            left -= 1
            loop.call_later(0.1, tick) if left else done.set()

        loop.call_later(0.1, tick)
        await done.wait()
        return loop.time()

    assert run(main()) == 100_000.0


def test_it_runs_inside_a_running_loop() -> None:
    async def notebook_cell() -> float:
        async def main() -> float:
            await asyncio.sleep(5)
            return now()

        return run(main())

    assert asyncio.run(notebook_cell()) == 5.0


def test_an_error_comes_out_as_it_was_raised() -> None:
    async def main() -> None:
        raise LookupError("as it was")

    with pytest.raises(LookupError, match="as it was") as caught:
        run(main())
    assert caught.value.__context__ is None


def test_an_error_comes_out_of_a_running_loop_too() -> None:
    async def main() -> None:
        raise LookupError("as it was")

    async def notebook_cell() -> None:
        run(main())

    with pytest.raises(LookupError, match="as it was"):
        asyncio.run(notebook_cell())


def test_what_is_no_coroutine_is_named() -> None:
    async def main() -> None: ...

    with pytest.raises(
        TypeError, match=r"expected a coroutine such as main\(\), but got 'function'"
    ):
        run(main)  # type: ignore[arg-type]


def test_a_time_limit_does_not_fire_while_a_thread_works() -> None:
    async def main() -> float:
        async with asyncio.timeout(10):
            await asyncio.to_thread(time.sleep, 0.03)
        return now()

    assert run(main()) == 0.0


def test_a_time_limit_does_fire_when_a_thread_works_for_longer() -> None:
    release = threading.Event()

    async def main() -> float:
        try:
            async with asyncio.timeout(0.05):
                await asyncio.to_thread(release.wait, 5)
        except TimeoutError:
            release.set()
            return now()
        raise AssertionError("the limit did not fire")

    assert run(main()) == 0.05


def test_other_tasks_go_on_while_a_thread_works() -> None:
    async def main() -> float:
        release = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(release.wait, 5))
        for _ in range(4):
            await asyncio.sleep(0.01)
        release.set()
        await work
        return now()

    assert run(main()) == 0.04


def test_threads_that_bypass_the_loop_are_waited_for() -> None:
    async def main() -> float:
        async with asyncio.timeout(1), aiosqlite.connect(":memory:") as database:
            await database.execute("create table answers (text)")
            await anyio.to_thread.run_sync(time.sleep, 0.03)
        return now()

    assert run(main()) == 0.0


def test_work_off_the_clock_takes_no_time() -> None:
    async def main() -> float:
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()

        def driver() -> None:
            time.sleep(0.03)
            loop.call_soon_threadsafe(answered.set)

        with off_the_clock():
            async with asyncio.timeout(0.001):
                threading.Thread(target=driver).start()
                await answered.wait()
        return now()

    assert run(main()) == 0.0


def test_off_the_clock_does_nothing_on_an_ordinary_loop() -> None:
    async def main() -> str:
        with off_the_clock():
            await asyncio.sleep(0)
        return "ran"

    assert asyncio.run(main()) == "ran"


def test_a_deadlock_lists_who_waits_where() -> None:
    async def forgotten_event() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(forgotten_event(), name="forgotten")
        await asyncio.Queue[str]().get()
        await task

    with pytest.raises(Deadlock) as caught:
        run(main())
    message = str(caught.value)
    assert "2 waiting task(s)" in message
    assert "forgotten waits at" in message
    assert "in forgotten_event: await asyncio.Event().wait()" in message
    assert "await asyncio.Queue[str]().get()" in message
    assert "/asyncio/" not in message


def test_tasks_left_over_are_cancelled_and_may_clean_up() -> None:
    cleaned: list[float] = []

    async def background() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(1)
            cleaned.append(now())

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(background())
        await asyncio.sleep(2)
        return task

    run(main())
    assert cleaned == [3.0]


@pytest.mark.parametrize("limit", [2.45, 2.55, 0.1 + 0.2, 1 / 3])
def test_a_deadline_of_anyio_passes_also_where_a_float_lies_a_bit_off(limit: float) -> None:
    async def main() -> float:
        await asyncio.sleep(0.06)
        with anyio.move_on_after(limit):
            await asyncio.sleep(60)
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(0.06 + limit, abs=2e-9)
