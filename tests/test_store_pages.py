"""Pages of threads and items, the same from every store of the kit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chatkit.store import NotFoundError, Store

from .store_contract import KINDS, NOON, Story, answer, ids_of, tell, thread

InStore = Callable[[Story[Any]], Any]


@pytest.fixture(params=KINDS)
def in_store(request: pytest.FixtureRequest, tmp_path: Path) -> InStore:
    return partial(tell, request.param, tmp_path)


def test_a_thread_is_read_in_pages_both_ways(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for n in range(7):
            await store.add_thread_item("thr", answer(str(n), seconds=n), None)
        for order, expected in (("asc", "0123456"), ("desc", "6543210")):
            pages, after = [], None
            while True:
                page = await store.load_thread_items("thr", after, 3, order, None)
                pages.append(("".join(item.id for item in page.data), page.has_more, page.after))
                if not page.has_more:
                    break
                after = page.after
            assert pages == [
                (expected[:3], True, expected[2]),
                (expected[3:6], True, expected[5]),
                (expected[6:], False, None),
            ]

    in_store(story)


def test_threads_are_listed_in_pages_both_ways(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        for n in range(4):
            await store.save_thread(thread(f"t{n}", at=NOON + timedelta(seconds=n)), None)
        first = await store.load_threads(3, None, "desc", None)
        assert ([t.id for t in first.data], first.has_more, first.after) == (
            ["t3", "t2", "t1"],
            True,
            "t1",
        )
        last = await store.load_threads(3, "t1", "desc", None)
        assert ([t.id for t in last.data], last.has_more, last.after) == (["t0"], False, None)
        other_way = await store.load_threads(9, "t1", "asc", None)
        assert [t.id for t in other_way.data] == ["t2", "t3"]

    in_store(story)


def test_a_page_that_ends_with_the_thread_has_no_more(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        empty = await store.load_thread_items("thr", None, 3, "asc", None)
        assert (empty.data, empty.has_more, empty.after) == ([], False, None)
        for n in range(3):
            await store.add_thread_item("thr", answer(str(n)), None)
        exact = await store.load_thread_items("thr", None, 3, "asc", None)
        assert (len(exact.data), exact.has_more, exact.after) == (3, False, None)
        beyond = await store.load_thread_items("thr", "2", 3, "asc", None)
        assert (beyond.data, beyond.has_more, beyond.after) == ([], False, None)

    in_store(story)


def test_items_stand_by_time_then_by_arrival(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for name, seconds in (("late", 2), ("b", 1), ("a", 1), ("early", 0), ("c", 1)):
            await store.add_thread_item("thr", answer(name, seconds=seconds), None)
        assert await ids_of(store) == ["early", "b", "a", "c", "late"]
        assert await ids_of(store, order="desc") == ["late", "c", "a", "b", "early"]

    in_store(story)


def test_naive_times_are_local_times_beside_aware_ones(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(at=NOON.astimezone(UTC)), None)
        await store.save_thread(thread("naive", at=NOON - timedelta(seconds=1)), None)
        east = NOON.astimezone(timezone(timedelta(hours=9))) + timedelta(seconds=1)
        times = {"2": NOON, "1": NOON.astimezone(UTC) - timedelta(seconds=1), "3": east}
        for name, at in times.items():
            await store.add_thread_item("thr", answer(name, at=at), None)
        assert await ids_of(store) == ["1", "2", "3"]
        for name, at in times.items():
            loaded = await store.load_item("thr", name, None)
            assert loaded == answer(name, at=at)
            assert (loaded.created_at.tzinfo is None) == (at.tzinfo is None)
        listed = await store.load_threads(9, None, "asc", None)
        assert [t.id for t in listed.data] == ["naive", "thr"]

    in_store(story)


def test_the_first_and_last_times_of_all_can_be_stored(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        for name, at in (("end", datetime.max), ("now", NOON), ("begin", datetime.min)):
            await store.add_thread_item("thr", answer(name, at=at), None)
        assert await ids_of(store) == ["begin", "now", "end"]

    in_store(story)


def test_a_page_may_be_asked_larger_than_any_thread(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        await store.add_thread_item("thr", answer("1"), None)
        assert len((await store.load_thread_items("thr", None, 10**30, "asc", None)).data) == 1
        assert len((await store.load_threads(10**30, None, "asc", None)).data) == 1

    in_store(story)


def test_an_unknown_after_is_not_found(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        for name in ("thr", "other"):
            await store.save_thread(thread(name), None)
        await store.add_thread_item("other", answer("elsewhere"), None)
        with pytest.raises(NotFoundError, match=r"cannot continue after 'elsewhere'.*thread 'thr'"):
            await store.load_thread_items("thr", "elsewhere", 5, "asc", None)
        with pytest.raises(NotFoundError, match=r"cannot continue after 'x'.*threads"):
            await store.load_threads(5, "x", "desc", None)

    in_store(story)


@pytest.mark.parametrize(("limit", "order"), [(0, "asc"), (-1, "asc"), (5, "up"), (5, "")])
def test_a_page_request_that_means_nothing_is_refused(
    in_store: InStore, limit: int, order: str
) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_thread(thread(), None)
        with pytest.raises(ValueError, match=r"limit must be|order must be"):
            await store.load_thread_items("thr", None, limit, order, None)
        with pytest.raises(ValueError, match=r"limit must be|order must be"):
            await store.load_threads(limit, None, order, None)

    in_store(story)
