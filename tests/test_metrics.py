"""The meter: exact names, its own registry, and outcomes that cannot be misspelt."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from lesson_kit.metrics import OUTCOMES, Meter


def value(meter: Meter, name: str, **labels: str) -> float | None:
    return meter.registry.get_sample_value(name, labels)


def test_the_names_are_those_that_dashboards_use() -> None:
    meter = Meter()
    families = {(family.name, family.type) for family in meter.registry.collect()}
    # prometheus_client keeps a counter's name without _total, and writes it with.
    assert families == {
        ("lesson_kit_turns", "counter"),
        ("lesson_kit_active_turns", "gauge"),
        ("lesson_kit_model_deltas", "counter"),
        ("lesson_kit_first_token_seconds", "histogram"),
        ("lesson_kit_delta_gap_seconds", "histogram"),
    }
    text = generate_latest(meter.registry).decode()
    assert 'lesson_kit_turns_total{outcome="done"} 0.0' in text
    assert "lesson_kit_model_deltas_total 0.0" in text


def test_one_turn_is_counted_from_start_to_end() -> None:
    meter = Meter()
    meter.turn_started()
    assert value(meter, "lesson_kit_active_turns") == 1
    meter.first_token(0.8)
    meter.model_delta(None)
    meter.model_delta(0.05)
    meter.turn_ended("done")
    assert value(meter, "lesson_kit_active_turns") == 0
    assert value(meter, "lesson_kit_turns_total", outcome="done") == 1
    assert value(meter, "lesson_kit_model_deltas_total") == 2
    assert value(meter, "lesson_kit_first_token_seconds_sum") == 0.8
    assert (
        value(meter, "lesson_kit_delta_gap_seconds_count") == 1
    )  # the first delta ends a wait, not a gap


def test_buckets_reach_from_a_fast_gap_to_a_thinking_model() -> None:
    meter = Meter()
    meter.model_delta(0.004)
    meter.model_delta(61.0)
    assert value(meter, "lesson_kit_delta_gap_seconds_bucket", le="0.005") == 1
    assert value(meter, "lesson_kit_delta_gap_seconds_bucket", le="60.0") == 1
    assert value(meter, "lesson_kit_delta_gap_seconds_bucket", le="+Inf") == 2


def test_every_outcome_reads_zero_from_the_start() -> None:
    meter = Meter()
    assert [value(meter, "lesson_kit_turns_total", outcome=outcome) for outcome in OUTCOMES] == [
        0
    ] * 6


def test_a_misspelt_outcome_is_refused_and_counts_nothing() -> None:
    meter = Meter()
    meter.turn_started()
    with pytest.raises(ValueError, match=r"ends as one of done, .* but got 'finished'"):
        meter.turn_ended("finished")
    assert value(meter, "lesson_kit_active_turns") == 1


def test_two_servers_in_one_process_do_not_share_numbers() -> None:
    first, second = Meter(), Meter()
    first.turn_started()
    assert value(second, "lesson_kit_active_turns") == 0
