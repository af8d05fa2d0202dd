"""One turn per thread, however many messages come at the same moment."""

from __future__ import annotations

import asyncio
import logging

import pytest

from lesson_kit import clock
from lesson_kit.script import Script
from lesson_kit.server import Turn, Turns, turn
from lesson_kit.server.elsewhere import Elsewhere
from tests.conversation import WORDS, Conversation, deltas, other_tasks


def new_turns() -> Turns:
    return Turns(10, Elsewhere(object(), 0.25))


@pytest.mark.parametrize("many", [2, 3, 5])
def test_of_several_messages_at_once_one_is_answered_after_the_other(many: int) -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS, gap=0.1, then_repeat=True))
        await chat.ask("Hi")
        first = asyncio.create_task(chat.ask("first"))
        await asyncio.sleep(3)
        answers = await asyncio.gather(first, *(chat.ask(f"{n}") for n in range(many)))
        heard = [len(deltas(events)) for events in answers]
        assert 0 < heard[0] < 50
        assert sorted(heard[1:]) == [0] * (many - 1) + [50]
        assert not other_tasks()

    clock.run(main())


@pytest.mark.parametrize("many", [2, 3, 5])
def test_all_that_wait_for_the_same_turn_take_the_thread_one_by_one(many: int) -> None:
    async def main() -> list[int]:
        turns = new_turns()
        holds: set[int] = set()
        seen = []

        async def hold(number: int) -> None:
            mine, stopped = Turn(), asyncio.Event()
            mine.on_stop(stopped.set)
            async with turns.take("thr", mine, None):
                holds.add(number)
                seen.append(len(holds))
                await stopped.wait()
                await asyncio.sleep(0.01)  # it saves what arrived
                holds.remove(number)

        tasks = [asyncio.create_task(hold(0))]
        await asyncio.sleep(1)
        tasks += [asyncio.create_task(hold(number)) for number in range(1, many + 1)]
        await asyncio.sleep(1)
        assert len(holds) == 1
        turns.stop_all("shutdown")
        await asyncio.gather(*tasks)
        assert turns.active == {}
        return seen

    assert clock.run(main()) == [1] * (many + 1)


def test_a_turn_that_never_ends_holds_the_others_up_for_a_while_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> float:
        turns = new_turns()
        begun = asyncio.Event()

        async def hang() -> None:
            async with turns.take("thr", Turn(), None):
                begun.set()
                await asyncio.sleep(1000)

        hanging = asyncio.create_task(hang())
        await begun.wait()
        async with turns.take("thr", successor := Turn(), None):
            waited = asyncio.get_running_loop().time()
            hanging.cancel()
            await asyncio.wait([hanging])
            assert turns.active == {"thr": successor}  # not taken away by the one that was late
        return waited

    with caplog.at_level(logging.WARNING, turn.__name__):
        assert clock.run(main()) == turn.PATIENCE
    assert "did not end within 5.0 s" in caplog.text
