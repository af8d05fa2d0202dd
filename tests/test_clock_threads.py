"""Threads on the virtual clock: their sleep takes loop time and no other, and all of them wake in the end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import anyio.to_thread
import pytest

from lesson_kit.clock.loop import VirtualLoop
from lesson_kit.clock.threads import Threads
from lesson_kit.scene import Ask, Call, Reply, Scene
from tests.grading import see, solution


def run(main: Any) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def here() -> tuple[VirtualLoop, Threads]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop, Threads(loop)


async def by_asyncio(threads: Threads, seconds: float) -> None:
    await asyncio.to_thread(threads.sleep, seconds)


async def by_anyio(threads: Threads, seconds: float) -> None:
    await anyio.to_thread.run_sync(threads.sleep, seconds)


@pytest.mark.parametrize("nap", [by_asyncio, by_anyio])
def test_threads_that_sleep_side_by_side_wake_at_their_times(nap: Any) -> None:
    async def main() -> list[tuple[float, str]]:
        loop, threads = here()
        woken: list[tuple[float, str]] = []

        async def sleeper(name: str, later: float, *naps: float) -> None:
            await asyncio.sleep(later)
            for seconds in naps:
                await nap(threads, seconds)
                woken.append((loop.time(), name))

        async def ticks() -> None:
            for _ in range(3):
                await asyncio.sleep(20)
                woken.append((loop.time(), "tick"))

        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 0, 30, 3))
            group.create_task(sleeper("b", 1, 0.5, 3600))
            group.create_task(ticks())
        return woken

    assert run(main()) == [
        (1.5, "b"), (20.0, "tick"), (30.0, "a"), (33.0, "a"), (40.0, "tick"), (60.0, "tick"), (3601.5, "b"),
    ]  # fmt: skip


def test_all_sleepers_wake_when_nobody_needs_them_any_more() -> None:
    async def main() -> float:
        loop, threads = here()
        naps = [loop.run_in_executor(None, threads.sleep, 1000.0 * k) for k in (1, 2)]
        await asyncio.sleep(5)
        threads.close()
        await asyncio.gather(*naps)
        await asyncio.to_thread(threads.sleep, 1000)
        return loop.time()

    assert run(main()) == 5.0


def test_without_a_loop_nobody_sleeps() -> None:
    async def main() -> Threads:
        return here()[1]

    threads = run(main())
    late = threading.Thread(target=threads.sleep, args=(1000,))
    late.start()
    late.join()


def test_an_answer_may_sleep_in_a_thread_and_its_times_are_exact() -> None:
    source = (
        "import asyncio, time\n"
        "async def ticks(gap):\n"
        "    for k in range(3):\n"
        "        await asyncio.to_thread(time.sleep, gap)\n"
        "        yield k\n"
    )
    assert see(source, Scene(uses="ticks", call=Call([7.5]))).times == [7.5, 15.0, 22.5]


def test_an_answer_that_sleeps_for_ever_in_a_thread_ends_with_its_scene() -> None:
    source = (
        "import asyncio, time\n"
        "async def never():\n"
        "    await asyncio.to_thread(time.sleep, float('inf'))\n"
    )
    seen = see(source, Scene(uses="never", call=Call(), limit=5))
    assert (seen.broken_off, seen.waits[0].line) == (True, 3)


def test_two_users_who_wait_for_threads_are_seen_alike_on_every_run() -> None:
    scene = Scene(
        uses="ServerE",
        replies=(Reply(["one", "two"], thinking=0.5),) * 2,
        asks=(Ask("a"), Ask("b", after=0.02, thread=1)),
    )
    seen = [see(solution("ex04"), scene) for _ in range(3)]
    assert [asked.t for asked in seen[0].asked] == [0.11, 0.13]
    assert len({one.model_dump_json() for one in seen}) == 1
