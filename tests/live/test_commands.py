"""The commands as a person uses them: real processes, real signals."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from lesson_kit.client import ChatClient
from lesson_kit.store import SQLStore
from tests.conversation import text_of

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child process"),
]

COMMAND = [sys.executable, "-m", "lesson_kit.cli"]


async def start(*args: str, cwd: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND, *args, cwd=cwd, stdout=PIPE, stderr=PIPE, stdin=asyncio.subprocess.DEVNULL
    )


async def finish(process: Process) -> tuple[int, str, str]:
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def saved(database: Path) -> list[list[tuple[str, str]]]:
    """What the file holds: for each thread its items, (kind, text)."""
    async with SQLStore(f"sqlite+aiosqlite:///{database}") as store:
        threads = await store.load_threads(10, None, "asc", {})
        pages = [
            await store.load_thread_items(thread.id, None, 100, "asc", {})
            for thread in threads.data
        ]
    return [[(item.type, text_of(item.model_dump())) for item in page.data] for page in pages]


async def test_ask_streams_the_answer_and_sums_it_up(tmp_path: Path) -> None:
    process = await start("ask", "What is a delta?", cwd=tmp_path)
    code, out, err = await finish(process)
    assert code == 0, err
    assert out.strip().startswith("A delta is one small piece of an answer.")
    assert re.search(r"first token \d\.\d\d s \| \d+ deltas \| longest gap .* s \| done", err)
    assert await saved(tmp_path / "lesson.sqlite") == [
        [("user_message", "What is a delta?"), ("assistant_message", out.strip())]
    ]


async def test_ctrl_c_stops_the_answer_and_keeps_it(tmp_path: Path) -> None:
    process = await start("ask", "What is a delta?", "--db", "kept.sqlite", cwd=tmp_path)
    assert process.stdout
    beginning = await process.stdout.read(30)
    process.send_signal(signal.SIGINT)
    code, rest, err = await finish(process)
    shown = (beginning.decode() + rest).strip()
    assert code == 130
    assert "stopped, kept what arrived" in err
    assert "Traceback" not in err
    [[_, (kind, kept), (note, _)]] = await saved(tmp_path / "kept.sqlite")
    assert (kind, note) == ("assistant_message", "sdk_hidden_context")
    assert kept.strip().startswith(shown)


async def test_sigterm_to_serve_keeps_three_streams_in_flight(tmp_path: Path) -> None:
    process = await start("serve", "--port", "0", "--db", "kept.sqlite", cwd=tmp_path)
    assert process.stdout
    address = (await process.stdout.readline()).decode().split()[-1]

    async def read(question: str, begun: asyncio.Event) -> tuple[str, str]:
        async with ChatClient.at(address) as client, client.send(question) as stream:
            async for _ in stream:
                if stream.recording.deltas == 10:
                    begun.set()
        return stream.recording.text, stream.recording.outcome

    begun = [asyncio.Event() for _ in range(3)]
    readers = [asyncio.create_task(read(f"What is a delta? {i}", begun[i])) for i in range(3)]
    await asyncio.gather(*(event.wait() for event in begun))
    process.send_signal(signal.SIGTERM)
    seen = await asyncio.gather(*readers)
    code, _, err = await finish(process)
    assert (code, err) == (0, "")
    kept = {items[1][1] for items in await saved(tmp_path / "kept.sqlite")}
    for text, outcome in seen:
        assert outcome == "done"
        assert text in kept
    assert len(await saved(tmp_path / "kept.sqlite")) == 3
