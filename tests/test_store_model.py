"""Random stories: every store answers as a plain sorted list would, and paging has no holes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from chatkit.store import Store
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.store.paging import LONGEST, check_page, instant

from .store_contract import NOON, answer, opened, thread

STEP = st.tuples(
    st.sampled_from(["add", "add", "add", "save", "delete"]),
    st.sampled_from("abcdefgh"),  # few ids, so that they meet
    st.integers(0, 3),  # few times, so that they tie
    st.booleans(),  # naive or aware
)


async def play(store: Store[Any], steps: list[tuple[str, str, int, bool]], limit: int) -> None:
    await store.save_thread(thread(), None)
    places: dict[str, tuple[int, int]] = {}
    for arrival, (verb, name, seconds, naive) in enumerate(steps):
        item = answer(name, text=str(arrival), seconds=seconds, at=NOON)
        if not naive:
            item.created_at = item.created_at.astimezone(UTC)
        if verb == "delete":
            await store.delete_thread_item("thr", name, None)
            places.pop(name, None)
        else:
            save = store.add_thread_item if verb == "add" else store.save_item
            await save("thr", item, None)
            places.setdefault(name, (seconds, arrival))
    expected = sorted(places, key=lambda name: places[name])
    assert await walk(store, limit, "asc") == expected
    assert await walk(store, limit, "desc") == expected[::-1]


async def walk(store: Store[Any], limit: int, order: str) -> list[str]:
    names: list[str] = []
    after = None
    while True:
        page = await store.load_thread_items("thr", after, limit, order, None)
        assert len(page.data) <= limit
        names += [item.id for item in page.data]
        if not page.has_more:
            assert page.after is None
            return names
        assert page.after == names[-1]
        after = page.after


@given(steps=st.lists(STEP, max_size=25), limit=st.integers(1, 5))
def test_a_memory_store_answers_as_a_sorted_list_would(
    steps: list[tuple[str, str, int, bool]], limit: int
) -> None:
    async def main() -> None:
        async with opened("memory", Path()) as store:
            await play(store, steps, limit)

    clock.run(main())


@settings(max_examples=15)
@given(steps=st.lists(STEP, min_size=5, max_size=25), limit=st.integers(1, 5))
def test_a_sql_store_answers_as_a_sorted_list_would(
    steps: list[tuple[str, str, int, bool]], limit: int
) -> None:
    async def main(folder: Path) -> None:
        async with opened("sqlite", folder) as store:
            await play(store, steps, limit)

    with TemporaryDirectory() as folder:
        clock.run(main(Path(folder)))


# The time of an item, as a number


@pytest.fixture
def in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change its time zone")
    monkeypatch.setenv("TZ", "NZST-12NZDT,M9.5.0,M4.1.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_auckland")
def test_a_naive_time_is_read_as_local() -> None:
    winter, summer = datetime(2025, 7, 1, 12), datetime(2025, 1, 1, 12)
    assert instant(winter) == instant(datetime(2025, 7, 1, 0, tzinfo=UTC))
    assert instant(summer) == instant(datetime(2024, 12, 31, 23, tzinfo=UTC))


@pytest.mark.usefixtures("in_auckland")
def test_the_hour_that_happens_twice_keeps_its_order() -> None:
    first = datetime(2025, 4, 6, 2, 30)
    assert instant(first.replace(fold=1)) - instant(first) == 3600 * 10**6


def test_an_instant_is_exact_to_the_microsecond() -> None:
    one = datetime(2025, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert instant(one + timedelta(microseconds=1)) == instant(one) + 1
    assert instant(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert instant(one.astimezone(timezone(timedelta(hours=-9, minutes=-30)))) == instant(one)


def test_the_longest_page_fits_a_database_number() -> None:
    assert check_page(10**30, "desc") == (LONGEST, True)
    assert LONGEST + 1 < 2**31
