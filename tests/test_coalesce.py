"""How often the page is told."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit.clock import run
from lesson_kit.panel.coalesce import Coalescer

PERIOD = 1 / 60


class Page:
    """Collects what is new whenever it is told, as a run does."""

    def __init__(self) -> None:
        self.new: list[str] = []
        self.told: list[tuple[float, list[str]]] = []
        self.coalescer = Coalescer(self.tell)

    def add(self, word: str) -> None:
        self.new.append(word)
        self.coalescer.news()

    def tell(self) -> bool:
        if not self.new:
            return False
        self.told.append((asyncio.get_running_loop().time(), self.new))
        self.new = []
        return True


async def stream(gaps: list[float]) -> Page:
    page = Page()
    for number, gap in enumerate(gaps):
        await asyncio.sleep(gap)
        page.add(str(number))
    await asyncio.sleep(1)
    return page


def test_the_first_news_leaves_at_once() -> None:
    assert run(stream([0.25])).told == [(0.25, ["0"])]


def test_slow_news_leaves_one_by_one() -> None:
    page = run(stream([0.05] * 20))
    assert [words for _, words in page.told] == [[str(number)] for number in range(20)]


def test_two_thousand_tokens_in_a_second_become_sixty_messages() -> None:
    page = run(stream([0.0005] * 2000))
    assert 55 <= len(page.told) <= 62
    assert sum(len(words) for _, words in page.told) == 2000


@given(st.lists(st.sampled_from([0.0, 0.0004, 0.004, 0.016, 0.02, 0.3]), max_size=60))
def test_nothing_is_lost_or_late_and_no_two_messages_are_closer_than_a_frame(
    gaps: list[float],
) -> None:
    page = run(stream(gaps))
    words = [word for _, words in page.told for word in words]
    assert words == [str(number) for number in range(len(gaps))]
    times = [t for t, _ in page.told]
    assert all(later - earlier >= PERIOD - 1e-8 for earlier, later in pairwise(times))
    came = 0.0
    arrivals = []
    for gap in gaps:
        came += gap
        arrivals.append(came)
    for t, batch in page.told:
        assert t - arrivals[int(batch[0])] <= PERIOD + 1e-6


def test_a_flush_tells_what_waits_and_only_that() -> None:
    async def main() -> None:
        page = Page()
        page.add("a")
        page.add("b")
        page.coalescer.flush()
        page.coalescer.flush()
        assert [words for _, words in page.told] == [["a"], ["b"]]
        await asyncio.sleep(1)
        assert len(page.told) == 2

    run(main())


def test_an_empty_message_is_not_sent_and_holds_nothing_up() -> None:
    async def main() -> None:
        page = Page()
        page.coalescer.news()
        page.add("a")
        assert page.told == [(0.0, ["a"])]

    run(main())


def test_a_rate_of_nothing_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match=r"above 0, got 0"):
            Coalescer(lambda: True, per_second=0)

    run(main())
