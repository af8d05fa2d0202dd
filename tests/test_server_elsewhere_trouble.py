"""Two servers on one database when something goes wrong: a server is killed, or the database fails for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit.types import InferenceOptions, UserMessageItem, UserMessageTextContent

from lesson_kit import clock
from lesson_kit.server.elsewhere import PATIENCE, Elsewhere
from lesson_kit.store import StoreError
from tests.conversation import WORDS, Conversation, asked, deltas, other_tasks
from tests.store_contract import thread
from tests.two_servers import SHORT, begin, sql, turns_in, two


def test_a_turn_of_a_dead_process_is_overtaken_after_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
            b.thread_id = await left_behind(a, tmp_path)
            began = asyncio.get_running_loop().time()
            second = await begin(b, "Two?", heard=1)
            assert PATIENCE <= asyncio.get_running_loop().time() - began < PATIENCE + 0.3
            assert "".join(deltas(await second)) == WORDS
            assert asked(b.model.calls[0].input) == [("user", "One?"), ("user", "Two?")]

    clock.run(main())
    assert turns_in(tmp_path) == []
    assert "did not end within 5.0 s" in caplog.text


async def left_behind(chat: Conversation, folder: Path) -> str:
    """Leave what a process that was killed in the middle of an answer leaves."""
    thread_id = "thr"
    await chat.server.store.save_thread(thread(thread_id), {})
    sql(folder, f"INSERT INTO turns VALUES ('{thread_id}', 'turn', 'dead', FALSE)")
    message = UserMessageItem(
        id="msg_1",
        thread_id=thread_id,
        created_at=datetime.now(),
        content=[UserMessageTextContent(text="One?")],
        attachments=[],
        inference_options=InferenceOptions(),
    )
    await chat.server.store.add_thread_item(thread_id, message, {})
    return thread_id


def test_a_database_that_fails_for_a_while_stops_no_turn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, _):
            shared: Any = a.server.turns._elsewhere.shared
            held = shared.held

            async def failing(server: str) -> set[str]:
                if 1.0 < asyncio.get_running_loop().time() < 3.0:
                    raise StoreError("the network is down")
                return set(await held(server))

            shared.held = failing
            first = await begin(a, heard=1)
            assert "".join(deltas(await first)) == WORDS

    with caplog.at_level(logging.WARNING, "lesson_kit"):
        clock.run(main())
    complaints = [r for r in caplog.records if "cannot see whether" in r.message]
    assert len(complaints) == 1


def test_a_turn_that_cannot_be_signed_off_ends_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(tmp_path, SHORT, SHORT) as (a, b):
            shared: Any = a.server.turns._elsewhere.shared

            async def failing(*_: Any) -> None:
                raise StoreError("the network is down")

            shared.end = shared.overtake = failing
            events = await a.ask("One?")
            assert events[-1]["type"] == "thread.item.done"
            assert "".join(deltas(events)) == "Yes."
            events = await a.ask("Two?")  # it cannot ask others to stop either
            assert "".join(deltas(events)) == "Yes."
            b.thread_id = a.thread_id
            await b.ask("Three?")

    clock.run(main())
    assert "cannot tell other processes" in caplog.text
    assert "cannot stop a turn in another process" in caplog.text


class OneLook:
    """A table of turns that answers a look with what was there before it."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._meanwhile = meanwhile

    async def begin(self, *_: Any) -> bool:
        return True

    async def end(self, turn: str) -> None:
        pass

    async def held(self, server: str) -> set[str]:
        await self._meanwhile()
        return {"before"}


def test_a_turn_that_begins_during_a_look_goes_on() -> None:
    async def main() -> list[str]:
        stopped: list[str] = []

        async def meanwhile() -> None:
            await elsewhere.begin("thr2", "meanwhile", lambda: stopped.append("meanwhile"), {})

        elsewhere = Elsewhere(SimpleNamespace(shared_turns=OneLook(meanwhile)), 0.25)
        await elsewhere.begin("thr0", "before", lambda: stopped.append("before"), {})
        await elsewhere.begin("thr1", "overtaken", lambda: stopped.append("overtaken"), {})
        await asyncio.sleep(0.3)
        for turn in ("before", "overtaken", "meanwhile"):
            await elsewhere.end(turn)
        assert other_tasks() == set()
        return stopped

    assert clock.run(main()) == ["overtaken"]
