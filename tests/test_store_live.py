"""SQLStore between real processes: killed in the middle, and writing side by side."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from chatkit.types import AssistantMessageItem

from lesson_kit import clock
from lesson_kit.store import SQLStore

from .store_contract import ids_of

pytestmark = pytest.mark.live

# Appends messages `<name>.0`, `<name>.1`, ... and prints each id once its call has returned.
WRITER = """
import asyncio, sys
from datetime import datetime
from itertools import count
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadMetadata
from lesson_kit.store import SQLStore, engine

engine.BUSY = 300.0  # SQLite lets those who wait in at random: on a busy machine one may wait long

async def main(url, name, most):
    async with SQLStore(url) as store:
        await store.save_thread(ThreadMetadata(id="thr", created_at=datetime.now()), None)
        for n in count() if most is None else range(most):
            item = AssistantMessageItem(
                id=f"{name}.{n}",
                thread_id="thr",
                created_at=datetime.now(),
                content=[AssistantMessageContent(text="word " * 400)],
            )
            await store.add_thread_item("thr", item, None)
            print(item.id, flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if sys.argv[3:] else None))
"""


def writer(url: str, name: str, *most: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, *most],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("finished", [1, 25, 60])
def test_a_process_killed_while_it_appends_keeps_every_finished_item(
    tmp_path: Path, finished: int
) -> None:
    file = tmp_path / "lesson.sqlite"
    with writer(f"sqlite+aiosqlite:///{file}", "killed") as process:
        assert process.stdout
        told = [process.stdout.readline().strip() for _ in range(finished)]
        process.kill()  # SIGKILL: no handler, no flush, no last word
        told += process.stdout.read().split()
    assert process.returncode == -9

    async def look() -> list[str]:
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            kept = await ids_of(store)
            for item_id in kept:
                item = await store.load_item("thr", item_id, None)
                assert isinstance(item, AssistantMessageItem)
                assert item.content[0].text == "word " * 400
            return kept

    kept = clock.run(look())
    assert len(told) >= finished
    # It may have saved one more than it lived to tell.
    assert kept[: len(told)] == told
    assert len(kept) - len(told) in (0, 1)
    with sqlite3.connect(file) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_processes_that_write_side_by_side_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lesson.sqlite"
    processes = [writer(f"sqlite+aiosqlite:///{file}", name, "40") for name in ("a", "b", "c")]
    for process in processes:
        _, complaint = process.communicate()
        assert (process.returncode, complaint) == (0, "")

    async def look() -> list[str]:
        async with SQLStore(f"sqlite+aiosqlite:///{file}") as store:
            return await ids_of(store)

    kept = clock.run(look())
    assert sorted(kept) == sorted(f"{name}.{n}" for name in "abc" for n in range(40))
