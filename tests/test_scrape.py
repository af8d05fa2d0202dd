"""Two scrapes: what they say of the time between them, by Prometheus' own rules."""

from __future__ import annotations

import math

import pytest
from prometheus_client import generate_latest

from lesson_kit.metrics import Meter
from lesson_kit.scrape import Scrape, by_label, increase, quantile, rate

TURNS = "lesson_kit_turns_total"
FIRST = "lesson_kit_first_token_seconds"


def at(meter: Meter, t: float) -> Scrape:
    return Scrape.of_registry(meter.registry, t)


def test_the_page_and_the_registry_say_the_same() -> None:
    meter = Meter()
    meter.turn_started()
    meter.first_token(0.3)
    meter.turn_ended("done")
    page = Scrape.of_text(generate_latest(meter.registry).decode(), 1)
    inside = at(meter, 1)
    assert by_label(page, TURNS, "outcome") == by_label(inside, TURNS, "outcome")
    assert page.value(TURNS, outcome="done") == 1
    assert quantile(0.5, at(Meter(), 0), page, FIRST) == quantile(
        0.5, at(Meter(), 0), inside, FIRST
    )


def test_a_rate_is_what_a_counter_grew_in_a_second() -> None:
    meter = Meter()
    old = at(meter, 10)
    for _ in range(30):
        meter.model_delta(None)
    assert rate(old, at(meter, 12), "lesson_kit_model_deltas_total") == 15
    assert rate(old, at(meter, 10), "lesson_kit_model_deltas_total") is None


def test_a_server_that_began_anew_does_not_count_backwards() -> None:
    before, after = Meter(), Meter()
    for _ in range(100):
        before.model_delta(None)
    for _ in range(7):
        after.model_delta(None)
    assert increase(at(before, 0), at(after, 60), "lesson_kit_model_deltas_total") == 7


def test_a_quantile_goes_along_in_its_bucket() -> None:
    meter = Meter()
    old = at(meter, 0)
    for seconds in [0.3] * 80 + [1.5] * 20:  # buckets (0.25, 0.5] and (1.0, 2.5]
        meter.first_token(seconds)
    new = at(meter, 60)
    assert quantile(0.5, old, new, FIRST) == pytest.approx(0.25 + 0.25 * 50 / 80)
    assert quantile(0.95, old, new, FIRST) == pytest.approx(1.0 + 1.5 * 15 / 20)
    assert quantile(0.8, old, new, FIRST) == 0.5
    assert quantile(0, old, new, FIRST) == 0.25
    assert quantile(1, old, new, FIRST) == 2.5


def test_only_what_came_between_the_scrapes_counts() -> None:
    meter = Meter()
    for _ in range(1000):
        meter.first_token(0.01)
    old = at(meter, 0)
    meter.first_token(0.7)
    assert quantile(0.5, old, at(meter, 15), FIRST) == 0.75


def test_beyond_the_last_bucket_the_answer_is_where_it_starts() -> None:
    meter = Meter()
    old = at(meter, 0)
    meter.first_token(300)
    assert quantile(0.95, old, at(meter, 15), FIRST) == 60


def test_nothing_seen_has_no_quantile() -> None:
    meter = Meter()
    assert quantile(0.5, at(meter, 0), at(meter, 15), FIRST) is None
    assert quantile(0.5, at(meter, 0), at(meter, 15), "no_such_metric") is None


@pytest.mark.parametrize("q", [-0.1, 95, math.nan])
def test_a_quantile_goes_from_0_to_1(q: float) -> None:
    with pytest.raises(ValueError, match=r"from 0 to 1, such as 0.95"):
        quantile(q, at(Meter(), 0), at(Meter(), 1), FIRST)


def test_a_text_that_is_no_metrics_page_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the parser's own words
        Scrape.of_text("<html>not found</html>", 0)
