"""Nobody stops the turn of another user, at this server or at another one of the same database."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lesson_kit import clock
from lesson_kit.store import MemoryStore, NotFoundError
from tests.conversation import WORDS, Conversation, deltas
from tests.store_contract import By
from tests.two_servers import LONG, begin, two

EVE = By("eve")
Attack = Callable[[Conversation, str, Any], Awaitable[None]]


async def by_message(chat: Conversation, thread_id: str, stranger: Any) -> None:
    message = {"content": [], "attachments": [], "inference_options": {}}
    params = {"input": message, "thread_id": thread_id}
    await process(chat, "threads.add_user_message", params, stranger)


async def by_deletion(chat: Conversation, thread_id: str, stranger: Any) -> None:
    await process(chat, "threads.delete", {"thread_id": thread_id}, stranger)


async def process(chat: Conversation, kind: str, params: Any, stranger: Any) -> None:
    request = json.dumps({"type": kind, "params": params})
    result: Any = await chat.server.process(request, stranger)
    async for chunk in result.json_events:
        assert b"error" in chunk


@pytest.mark.parametrize("attack", [by_message, by_deletion])
@pytest.mark.parametrize("place", [0, 1])
def test_nobody_stops_the_turn_of_another_user(tmp_path: Path, attack: Attack, place: int) -> None:
    async def main() -> None:
        async with two(tmp_path) as chats:
            first = await begin(chats[0], heard=3)
            with pytest.raises(NotFoundError, match="no thread"):
                await attack(chats[place], chats[0].thread_id or "", EVE)
            assert "".join(deltas(await first)) == WORDS

    clock.run(main())


@pytest.mark.parametrize(
    ("store", "stranger"),
    [
        (MemoryStore, By("eve")),
        (lambda: MemoryStore(user_of=lambda context: context.get("name", "")), {"name": "eve"}),
    ],
)
@pytest.mark.parametrize("attack", [by_message, by_deletion])
def test_within_one_server_nobody_stops_another_users_turn_however_the_store_knows_users(
    store: Callable[[], Any], stranger: Any, attack: Attack
) -> None:
    async def main() -> None:
        chat = Conversation(LONG, store=store())
        first = await begin(chat, heard=3)
        with pytest.raises(NotFoundError, match="no thread"):
            await attack(chat, chat.thread_id or "", stranger)
        assert "".join(deltas(await first)) == WORDS

    clock.run(main())
