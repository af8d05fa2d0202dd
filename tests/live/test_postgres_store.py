"""What only a database server can do to a store: write elsewhere at once, hang up, hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from chatkit.types import AssistantMessageItem

from lesson_kit.store import SQLStore, StoreError, engine
from tests.live.postgres import Postgres
from tests.store_contract import answer, ids_of, thread
from tests.test_store_layout import filled, upgrade_and_use
from tests.test_store_live import writer

pytestmark = pytest.mark.live


@pytest.fixture
def name(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """A new database of this test's own, for those that look at the server."""
    test = f"db_{abs(hash(request.node.name)):x}"
    postgres.sql(f"CREATE DATABASE {test}")
    return test


@pytest.fixture(scope="module")
def shared(postgres: Postgres) -> str:
    postgres.sql("CREATE DATABASE shared")
    return "shared"


@pytest.fixture
def url(postgres: Postgres, shared: str, request: pytest.FixtureRequest) -> str:
    """The test's own database, or one that was emptied for it: that costs a tenth."""
    if "name" in request.fixturenames:
        return postgres.url(request.getfixturevalue("name"))
    postgres.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public", shared)
    return postgres.url(shared)


@asynccontextmanager
async def sharing(url: str, count: int) -> AsyncIterator[list[SQLStore]]:
    """Open several stores at once on one new database."""
    async with AsyncExitStack() as stack:
        stores = [SQLStore(url) for _ in range(count)]
        await asyncio.gather(*(stack.enter_async_context(store) for store in stores))
        await stores[0].save_thread(thread(), None)
        yield stores


async def run(store: SQLStore, statement: str) -> Any:
    """Run a statement as the store runs its own."""
    return await store._database.write(lambda db: db.scalar(sa.text(statement)))


OTHERS = "pid <> pg_backend_pid() AND datname = current_database()"


def sessions(postgres: Postgres, name: str, where: str = "TRUE") -> int:
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE {OTHERS} AND {where}"
    return int(postgres.sql(asked, name))


def hang_up(postgres: Postgres, name: str, where: str = "TRUE") -> None:
    """End the store's sessions, as a server that is restarted does."""
    postgres.sql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS} AND {where}", name
    )


# Writing at the same time


async def test_stores_that_write_the_same_item_at_once_keep_one(url: str) -> None:
    async with sharing(url, 3) as stores:
        await asyncio.gather(
            *(
                store.add_thread_item("thr", answer("same", text=f"{n}.{who}"), None)
                for n in range(10)
                for who, store in enumerate(stores)
            ),
            *(
                store.save_thread(thread(title=f"{who}"), None)
                for _ in range(5)
                for who, store in enumerate(stores)
            ),
        )
        assert await ids_of(stores[1]) == ["same"]
        item = await stores[2].load_item("thr", "same", None)
        assert isinstance(item, AssistantMessageItem)
        assert item.content[0].text in {f"{n}.{who}" for n in range(10) for who in range(3)}


def test_processes_that_write_side_by_side_lose_nothing_even_if_one_is_killed(url: str) -> None:
    with writer(url, "lives", "60") as lives, writer(url, "killed") as killed:
        assert killed.stdout
        told = [killed.stdout.readline().strip() for _ in range(25)]
        killed.kill()
        told += killed.stdout.read().split()
        _, complaint = lives.communicate()
        assert (lives.returncode, complaint) == (0, "")

    async def look() -> list[str]:
        async with SQLStore(url) as store:
            return await ids_of(store)

    kept = asyncio.run(look())
    assert [one for one in kept if "lives" in one] == [f"lives.{n}" for n in range(60)]
    last_words = [one for one in kept if "killed" in one]
    assert last_words[: len(told)] == told
    assert len(last_words) - len(told) in (0, 1)  # saved, and killed before it could tell


async def test_a_thread_deleted_while_others_write_to_it_is_gone_whole(
    postgres: Postgres, name: str, url: str
) -> None:
    async with sharing(url, 2) as (one, two):
        outcomes = await asyncio.gather(
            *(two.add_thread_item("thr", answer(f"{n}"), None) for n in range(20)),
            one.delete_thread("thr", None),
            return_exceptions=True,
        )
        assert {type(outcome).__name__ for outcome in outcomes} <= {"NoneType", "NotFoundError"}
        assert postgres.sql("SELECT count(*) FROM items", name) == "0"


async def test_a_server_that_is_stricter_by_default_changes_nothing(
    postgres: Postgres, name: str, url: str
) -> None:
    # Under SERIALIZABLE, the server would refuse most of these writes with code 40001.
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    async with sharing(url, 2) as stores:
        assert await run(stores[0], "SHOW transaction_isolation") == "read committed"
        await asyncio.gather(
            *(store.save_item("thr", answer("same"), None) for _ in range(20) for store in stores)
        )
        assert await ids_of(stores[0]) == ["same"]


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_transaction_that_was_in_anothers_way_runs_again(url: str, code: str) -> None:
    attempts = []

    def work(db: sa.Connection) -> int:
        attempts.append(code)
        if len(attempts) < 3:
            db.execute(sa.text(f"DO $$ BEGIN RAISE USING ERRCODE = '{code}'; END $$"))
        return len(attempts)

    async with SQLStore(url) as store:
        assert await store._database.write(work) == 3


async def test_a_transaction_that_is_always_in_the_way_says_so_at_last(url: str) -> None:
    async with SQLStore(url) as store:
        with pytest.raises(StoreError, match="refused: serialization_failure"):
            await run(store, "DO $$ BEGIN RAISE serialization_failure; END $$")
        assert await run(store, "SELECT 1") == 1


# A server that hangs up, or hangs


async def test_a_connection_lost_in_the_middle_of_a_call_is_a_store_error(
    postgres: Postgres, name: str, url: str
) -> None:
    async with SQLStore(url) as store:
        await store.save_thread(thread(), None)
        call = asyncio.create_task(run(store, "SELECT pg_sleep(60)"))
        sleeping = "query LIKE '%pg_sleep%' AND state = 'active'"
        while not await asyncio.to_thread(sessions, postgres, name, sleeping):
            assert not call.done()
        await asyncio.to_thread(hang_up, postgres, name, sleeping)
        with pytest.raises(StoreError, match="ended the connection in the middle of a call"):
            await call
        await store.add_thread_item("thr", answer("1"), None)
        assert await ids_of(store) == ["1"]


async def test_a_server_restarted_between_two_calls_is_not_noticed(
    postgres: Postgres, name: str, url: str
) -> None:
    async with SQLStore(url) as store:
        await store.save_thread(thread(), None)
        await asyncio.gather(*(ids_of(store) for _ in range(5)))
        await asyncio.to_thread(hang_up, postgres, name)
        await asyncio.gather(*(store.add_thread_item("thr", answer(n), None) for n in "12345"))
        assert sorted(await ids_of(store)) == list("12345")


async def test_a_server_that_never_answers_is_given_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWER", 4.0)
    async with SQLStore(url) as store:
        with pytest.raises(StoreError, match="did not answer in time"):
            await run(store, "SELECT pg_sleep(60)")
        assert await run(store, "SELECT 1") == 1


# Cancelled calls


async def test_cancelled_calls_leave_no_transaction_open(
    postgres: Postgres, name: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with SQLStore(url) as store:
        await store.save_thread(thread(), None)
        for steps in range(0, 60, 3):
            calls = [
                asyncio.create_task(store.add_thread_item("thr", answer(f"{steps}.{n}"), None))
                for n in range(3)
            ]
            for _ in range(steps):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
        count = await asyncio.to_thread(sessions, postgres, name)
        assert count <= 5
        assert sessions(postgres, name, "state <> 'idle'") == 0
        await store.add_thread_item("thr", answer("next"), None)
        assert (await ids_of(store))[-1] == "next"
    assert caplog.records == []


async def test_a_closed_store_leaves_no_session(postgres: Postgres, name: str, url: str) -> None:
    async with SQLStore(url) as store:
        await store.save_thread(thread(), None)
        await asyncio.gather(*(ids_of(store) for _ in range(9)))
        assert 1 <= sessions(postgres, name) <= 5
    # The server hears of it in its own time.
    while sessions(postgres, name):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


# The layout


async def test_a_new_database_may_be_opened_by_many_at_once(url: str) -> None:
    async with sharing(url, 6) as stores:
        for store in stores:
            assert await store.count_threads(None) == 1


async def test_an_old_database_is_upgraded_by_whoever_opens_it_first(
    postgres: Postgres, name: str, url: str
) -> None:
    postgres.sql(filled("BIGSERIAL"), name)
    await upgrade_and_use(url)
    assert postgres.sql("SELECT version FROM schema_version", name) == "2"
