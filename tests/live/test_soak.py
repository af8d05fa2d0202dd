"""Many streams at once over real HTTP, most of them cut: the soak of tools/soak.py, shortened, and proof that it sees."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadMetadata

from lesson_kit import LessonServer, Limits, MemoryStore, SQLStore, create_app
from tests.live.hosts import on_uvicorn
from tools.soak import Plan, Read, Report, judge, model, soak

pytestmark = pytest.mark.live

PATIENT = Limits(first_token=None, between_tokens=None, total=None)  # however busy the machine is


async def test_after_fifty_streams_each_partial_is_kept_and_no_task_is_left(
    tmp_path: Path,
) -> None:
    async with SQLStore(f"sqlite+aiosqlite:///{tmp_path / 'soak.sqlite'}") as store:
        server = LessonServer(store, model=model(), limits=PATIENT)
        async with on_uvicorn(create_app(server)) as address:
            report = await soak(int(address.rpartition(":")[2]), server, 50, at_once=25)
    assert report.wrong == []
    assert report.tasks_left == []
    assert report.kinds.keys() == {"whole", "closed", "reset", "second message"}
    assert report.partials >= 10


PLAN = Plan(7, "closed", after=2)
READ = "q7.0 q7.1 "


async def wrong_with(*answers: str, kind: str = "closed", read: str = READ) -> list[str]:
    store, report = MemoryStore(), Report(1)
    thread = ThreadMetadata(id="thr_1", created_at="2026-01-01T00:00:00Z")
    await store.save_thread(thread, {})
    for n, text in enumerate(answers):
        item = AssistantMessageItem(
            id=f"msg_{n}", thread_id="thr_1", created_at=thread.created_at,
            content=[AssistantMessageContent(text=text)],
        )  # fmt: skip
        await store.add_thread_item("thr_1", item, {})
    await judge(store, Plan(7, kind, 2), Read("thr_1", read), report)
    return report.wrong


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ([], "read 10 characters, 0 are kept"),
        (["q7.0 "], "read 10 characters, 5 are kept"),
        (["q7.0 q7.1 q9.2 "], "words that the model never said"),
        ([READ, READ], "some of them twice"),
    ],
)
async def test_the_soak_sees_a_store_that_lost_or_made_up_words(kept: list[str], says: str) -> None:
    [line] = await wrong_with(*kept)
    assert says in line


async def test_a_whole_answer_must_be_kept_whole() -> None:
    assert await wrong_with(READ) == []
    assert len(await wrong_with(READ, kind="whole")) == 1
    assert await wrong_with(PLAN.text, kind="whole", read=PLAN.text) == []


async def test_a_task_of_the_kit_that_still_waits_is_named(tmp_path: Path) -> None:
    server = LessonServer(MemoryStore(latency=1000), model=model())
    task = asyncio.create_task(server.store.load_thread("thr_1", {}))
    await asyncio.sleep(0)
    try:
        report = await soak(1, server, 0)
    finally:
        task.cancel()
    assert len(report.tasks_left) == 1
    assert "load_thread" in report.tasks_left[0]
