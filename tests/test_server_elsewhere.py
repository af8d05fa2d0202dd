"""Two servers on one database: a second message stops the first's turn, whichever of them it reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lesson_kit import clock
from lesson_kit.server import LessonServer
from lesson_kit.server.elsewhere import PATIENCE, Elsewhere
from lesson_kit.server.lesson import NOTES
from lesson_kit.store import MemoryStore, NotFoundError, SQLStore
from tests.conversation import WORDS, asked, deltas, other_tasks
from tests.two_servers import LONG, SHORT, begin, note, turns_in, two


def test_a_message_at_another_server_stops_the_turn_here(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path, LONG, SHORT) as (a, b):
            first = await begin(a, heard=10)
            began = asyncio.get_running_loop().time()
            b.thread_id = a.thread_id
            await b.ask("Two?")
            assert (
                asyncio.get_running_loop().time() - began < 0.25 + 0.05 + 0.1
            )  # a look, a wait, an answer
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
    assert turns_in(tmp_path) == []


def test_the_stopped_answer_ends_for_its_reader_as_it_does_within_one_server(
    tmp_path: Path,
) -> None:
    async def events(servers: int) -> list[str]:
        async with two(tmp_path) as chats:
            first = await begin(chats[0], heard=5)
            other = chats[servers - 1]
            other.thread_id = chats[0].thread_id
            second = await begin(other, "Two?", heard=1)
            kinds = [event["type"] for event in await first if "delta" not in str(event)]
            await other.ask("Three?")
            await second
            return kinds

    assert clock.run(events(2)) == clock.run(events(1))


def test_the_conversation_goes_back_and_forth(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as chats:
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


def test_of_two_messages_at_the_same_moment_one_is_answered_after_the_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
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
    assert turns_in(tmp_path) == []


def test_a_new_turn_does_not_wait_on_a_thread_that_is_free(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path, SHORT, SHORT) as (a, b):
            await a.ask("One?")
            await a.server.drain()
            b.thread_id = a.thread_id
            began = asyncio.get_running_loop().time()
            await b.ask("Two?")
            assert asyncio.get_running_loop().time() == began + 0.1

    clock.run(main())


def test_other_threads_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
            first, second = await begin(a, heard=3), await begin(b, heard=3)
            for events in await asyncio.gather(first, second):
                assert "".join(deltas(events)) == WORDS

    clock.run(main())


def test_a_server_looks_with_one_query_for_all_its_turns(tmp_path: Path) -> None:
    async def main() -> None:
        looks = []
        async with two(tmp_path) as (a, _):
            shared = a.server.turns._elsewhere.shared
            assert shared
            held = shared.held

            async def counted(server: str) -> set[str]:
                looks.append(asyncio.get_running_loop().time())
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


def test_deleting_a_thread_elsewhere_stops_its_turn(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
            first = await begin(a, heard=3)
            deletion = f'{{"type": "threads.delete", "params": {{"thread_id": "{a.thread_id}"}}}}'
            await b.server.process(deletion, {})
            assert len(deltas(await first)) < 10
            with pytest.raises(NotFoundError):
                await b.server.store.load_thread(a.thread_id or "", {})

    clock.run(main())
    assert turns_in(tmp_path) == []


def test_a_reader_that_leaves_frees_the_thread(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
            await a.ask_and_leave("One?", after=5)
            await a.server.drain()
            assert turns_in(tmp_path) == []
            b.thread_id = a.thread_id
            began = asyncio.get_running_loop().time()
            await begin(b, "Two?", heard=1)
            assert asyncio.get_running_loop().time() - began < 0.25

    clock.run(main())


def test_a_shutdown_here_lets_the_other_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with two(tmp_path) as (a, b):
            first = await begin(a, heard=5)
            a.server.stop_all("shutdown")
            await a.server.drain()
            assert turns_in(tmp_path) == []
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
