"""Two servers on one database: a second message stops the first's turn, whichever of them it reaches."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit.types import InferenceOptions, UserMessageItem, UserMessageTextContent

from lesson_kit import clock
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.server.elsewhere import PATIENCE, Elsewhere
from lesson_kit.server.lesson import NOTES
from lesson_kit.server.turn import Why
from lesson_kit.store import MemoryStore, NotFoundError, SQLStore, StoreError
from tests.conversation import WORDS, Conversation, asked, deltas, other_tasks
from tests.store_contract import By, thread

LONG = Script.say(WORDS, thinking=0.1, gap=0.1, then_repeat=True)  # five seconds
SHORT = Script.say("Yes.", thinking=0.1, gap=0.0, then_repeat=True)


def note(why: Why) -> tuple[str, str]:
    """A note as ChatKit tells it to the model."""
    words = "Hidden context for the agent (not shown to the user):\n<HiddenContext>\n{}\n</HiddenContext>"
    return "user", words.format(NOTES[why])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lesson.sqlite"


@asynccontextmanager
async def two(file: Path, *scripts: Script, **server: Any) -> AsyncIterator[list[Conversation]]:
    """Two servers as two processes have them: nothing in common but the database."""
    async with AsyncExitStack() as stack:
        both = []
        for script in scripts or (LONG, LONG):
            store = await stack.enter_async_context(SQLStore(f"sqlite+aiosqlite:///{file}"))
            both.append(Conversation(script, store=store, **server))
        yield both
        for chat in both:
            await chat.server.drain()
        assert other_tasks() == set()


async def now() -> float:
    return asyncio.get_running_loop().time()


def rows(file: Path) -> list[Any]:
    db = sqlite3.connect(file)
    try:
        return db.execute("SELECT thread_id, overtaken FROM turns").fetchall()
    finally:
        db.close()


async def begin(chat: Conversation, text: str = "One?", *, heard: int) -> asyncio.Task[Any]:
    """Ask, and come back after so many deltas, while the answer goes on."""
    events: list[Any] = []
    enough = asyncio.Event()

    async def read() -> list[Any]:
        async for event in await chat.send(text):
            events.append(event)
            if len(deltas(events)) == heard:
                enough.set()
        return events

    reading = asyncio.create_task(read())
    await enough.wait()
    return reading


def test_a_message_at_another_server_stops_the_turn_here(file: Path) -> None:
    async def main() -> None:
        async with two(file, LONG, SHORT) as (a, b):
            first = await begin(a, heard=10)
            began = await now()
            b.thread_id = a.thread_id
            await b.ask("Two?")
            assert await now() - began < 0.25 + 0.05 + 0.1  # a look, a wait, an answer
            said = "".join(deltas(await first))
            made = "".join(delta.delta for delta in a.model.made)
            assert WORDS.startswith(said)
            assert len(said) < len(WORDS) / 2
            assert made.startswith(said)
            assert len(made) - len(said) <= len(" w00")  # the model stopped
            assert asked(b.model.calls[0].input) == [
                ("user", "One?"),
                ("assistant", said),
                note("new message"),
                ("user", "Two?"),
            ]
            assert [kind for kind, _ in await b.saved()] == [
                *("user_message", "assistant_message", "sdk_hidden_context"),
                *("user_message", "assistant_message"),
            ]
            assert (await b.saved())[1] == ("assistant_message", said)

    clock.run(main())
    assert rows(file) == []


def test_the_stopped_answer_ends_for_its_reader_as_it_does_within_one_server(file: Path) -> None:
    async def events(servers: int) -> list[str]:
        async with two(file) as chats:
            first = await begin(chats[0], heard=5)
            other = chats[servers - 1]
            other.thread_id = chats[0].thread_id
            second = await begin(other, "Two?", heard=1)
            kinds = [event["type"] for event in await first if "delta" not in str(event)]
            await other.ask("Three?")
            await second
            return kinds

    assert clock.run(events(2)) == clock.run(events(1))


def test_the_conversation_goes_back_and_forth(file: Path) -> None:
    async def main() -> None:
        async with two(file) as chats:
            reading = [await begin(chats[0], "0?", heard=3)]
            for n in range(1, 6):
                chat = chats[n % 2]
                chat.thread_id = chats[0].thread_id
                reading.append(await begin(chat, f"{n}?", heard=3))
            said = ["".join(deltas(events)) for events in await asyncio.gather(*reading)]
            expected: list[tuple[str, str]] = []
            for n in range(6):
                expected += [("user_message", f"{n}?"), ("assistant_message", said[n])]
                if n < 5:
                    expected.append(("sdk_hidden_context", NOTES["new message"]))
            assert await chats[0].saved() == expected

    clock.run(main())


def test_of_two_messages_at_the_same_moment_one_is_answered_after_the_other(file: Path) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            await a.ask_and_leave("Zero?", after=1)
            await a.server.drain()
            b.thread_id = a.thread_id
            before = len(a.model.made)
            both = await asyncio.gather(a.ask("One?"), b.ask("Two?"))
            said = sorted(("".join(deltas(events)) for events in both), key=len)
            assert said[1] == WORDS
            assert WORDS.startswith(said[0])
            assert len(said[0]) < len(WORDS) / 2
            one, other = sorted((a.model.made[before:], b.model.made), key=len)
            assert not one or one[-1].t < other[0].t  # never both models at once
            kinds = [kind for kind, _ in await a.saved()]
            assert kinds.count("user_message") == 3
            assert kinds.count("sdk_hidden_context") == 2

    clock.run(main())
    assert rows(file) == []


def test_a_new_turn_does_not_wait_on_a_thread_that_is_free(file: Path) -> None:
    async def main() -> None:
        async with two(file, SHORT, SHORT) as (a, b):
            await a.ask("One?")
            await a.server.drain()
            b.thread_id = a.thread_id
            began = await now()
            await b.ask("Two?")
            assert await now() == began + 0.1

    clock.run(main())


def test_other_threads_go_on(file: Path) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            first, second = await begin(a, heard=3), await begin(b, heard=3)
            for events in await asyncio.gather(first, second):
                assert "".join(deltas(events)) == WORDS

    clock.run(main())


def test_a_server_looks_with_one_query_for_all_its_turns(file: Path) -> None:
    async def main() -> None:
        looks = []
        async with two(file) as (a, _):
            shared = a.server.turns._elsewhere.shared
            assert shared
            held = shared.held

            async def counted(server: str) -> set[str]:
                looks.append(await now())
                return await held(server)

            shared.held = counted  # type: ignore[method-assign]
            for _ in range(8):
                a.thread_id = None
                await begin(a, heard=1)
            await asyncio.sleep(3.0)
            assert len(a.server.turns.active) == 8
        gaps = [later - earlier for earlier, later in pairwise(looks)]
        assert gaps == pytest.approx([0.25] * len(gaps))
        assert len(gaps) > 8

    clock.run(main())


def test_a_turn_of_a_dead_process_is_overtaken_after_a_while(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            b.thread_id = await left_behind(a, file)
            began = await now()
            second = await begin(b, "Two?", heard=1)
            assert PATIENCE <= await now() - began < PATIENCE + 0.3
            assert "".join(deltas(await second)) == WORDS
            assert asked(b.model.calls[0].input) == [("user", "One?"), ("user", "Two?")]

    clock.run(main())
    assert rows(file) == []
    assert "did not end within 5.0 s" in caplog.text


async def left_behind(chat: Conversation, file: Path) -> str:
    """Leave what a process that was killed in the middle of an answer leaves."""
    thread_id = "thr"
    await chat.server.store.save_thread(thread(thread_id), {})
    db = sqlite3.connect(file)
    with db:
        db.execute("INSERT INTO turns VALUES (?, 'turn', 'dead', FALSE)", (thread_id,))
    db.close()
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


def test_deleting_a_thread_elsewhere_stops_its_turn(file: Path) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            first = await begin(a, heard=3)
            deletion = f'{{"type": "threads.delete", "params": {{"thread_id": "{a.thread_id}"}}}}'
            await b.server.process(deletion, {})
            assert len(deltas(await first)) < 10
            with pytest.raises(NotFoundError):
                await b.server.store.load_thread(a.thread_id or "", {})

    clock.run(main())
    assert rows(file) == []


def test_a_reader_that_leaves_frees_the_thread(file: Path) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            await a.ask_and_leave("One?", after=5)
            await a.server.drain()
            assert rows(file) == []
            b.thread_id = a.thread_id
            began = await now()
            await begin(b, "Two?", heard=1)
            assert await now() - began < 0.25

    clock.run(main())


def test_a_shutdown_here_lets_the_other_go_on(file: Path) -> None:
    async def main() -> None:
        async with two(file) as (a, b):
            first = await begin(a, heard=5)
            a.server.stop_all("shutdown")
            await a.server.drain()
            assert rows(file) == []
            b.thread_id = a.thread_id
            await b.ask("Two?")
            said = "".join(deltas(await first))
            assert asked(b.model.calls[0].input) == [
                ("user", "One?"),
                ("assistant", said),
                note("shutdown"),
                ("user", "Two?"),
            ]

    clock.run(main())


Stop = Callable[[Conversation, str], Awaitable[object]]


async def by_message(chat: Conversation, thread_id: str) -> None:
    chat.thread_id = thread_id
    params = {"input": {"content": [], "attachments": [], "inference_options": {}}}
    await process(chat, "threads.add_user_message", params | {"thread_id": thread_id})


async def by_deletion(chat: Conversation, thread_id: str) -> None:
    await process(chat, "threads.delete", {"thread_id": thread_id})


async def process(chat: Conversation, kind: str, params: Any) -> None:
    request = json.dumps({"type": kind, "params": params})
    result: Any = await chat.server.process(request, By("eve"))
    async for chunk in result.json_events:
        assert b"error" in chunk


@pytest.mark.parametrize("attack", [by_message, by_deletion])
@pytest.mark.parametrize("place", [0, 1])
def test_nobody_stops_the_turn_of_another_user(file: Path, attack: Stop, place: int) -> None:
    async def main() -> None:
        async with two(file) as chats:
            first = await begin(chats[0], heard=3)
            stranger = Conversation(LONG, store=chats[place].server.store)
            stranger.server = chats[place].server
            with pytest.raises(NotFoundError, match="no thread"):
                await attack(stranger, chats[0].thread_id or "")
            assert "".join(deltas(await first)) == WORDS

    clock.run(main())


def test_within_one_server_of_a_memory_store_nobody_stops_another_users_turn() -> None:
    async def main() -> None:
        chat = Conversation(LONG)
        first = await begin(chat, heard=3)
        with pytest.raises(NotFoundError, match="no thread"):
            await by_message(chat, chat.thread_id or "")
        assert "".join(deltas(await first)) == WORDS

    clock.run(main())


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


# When the database fails


def test_a_database_that_fails_for_a_while_stops_no_turn(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(file) as (a, _):
            shared: Any = a.server.turns._elsewhere.shared
            held = shared.held

            async def failing(server: str) -> set[str]:
                if 1.0 < await now() < 3.0:
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
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with two(file, SHORT, SHORT) as (a, b):
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


# Where nobody else can be


@pytest.mark.parametrize(
    "store", [MemoryStore, lambda: SQLStore("sqlite+aiosqlite:///:memory:"), object]
)
def test_a_store_of_one_server_is_not_watched(store: Callable[[], Any]) -> None:
    async def main() -> None:
        elsewhere = Elsewhere(store(), 0.25)
        assert elsewhere.shared is None
        await elsewhere.stop("thr", {})
        await elsewhere.begin("thr", "turn", lambda: None, {})
        await elsewhere.end("turn")
        assert other_tasks() == set()

    clock.run(main())


@pytest.mark.parametrize("seconds", [0, -1.0, PATIENCE, float("nan")])
def test_an_impossible_watch_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="watch_every expected seconds above 0 and below 5"):
        LessonServer(model=LONG.model(), watch_every=seconds)
