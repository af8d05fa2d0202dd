"""The search for the most streams that one core serves, with trials that are made up."""

from __future__ import annotations

import argparse

import pytest

from tools.bench_streams import Trial, _medians, _search

OPTIONS = argparse.Namespace(start=25, most=1600, percent=95, limit=0.1)


def trial(streams: int, most: int) -> Trial:
    """A server that keeps up with `most` streams; 4 words of 100 are late in any case."""
    late = 0.02 if streams <= most else 0.2
    return Trial(streams, [late] * 96 + [1.0] * 4, 100, 0, streams / 400, 0.1)


@pytest.mark.parametrize(
    ("most", "found"), [(0, 0), (1, 1), (24, 23), (25, 25), (137, 137), (5000, 1600)]
)
def test_the_search_ends_within_an_eighth_of_the_most(most: int, found: int) -> None:
    asked: list[int] = []

    def attempt(streams: int) -> Trial:
        asked.append(streams)
        return trial(streams, most)

    best = _search(OPTIONS, attempt)
    assert best.streams == found
    assert len(asked) < 12
    assert best.streams in (0, *asked)


@pytest.mark.parametrize(("cpu", "told"), [(0.1, True), (0.9, False)])
def test_words_that_are_late_on_an_idle_server_are_no_measurement(
    cpu: float, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    _search(OPTIONS, lambda streams: Trial(streams, [0.2], 1, 0, cpu, 0.05))
    assert ("measure when it is calm" in capsys.readouterr().out) == told


def test_the_delay_is_the_one_that_so_many_percent_keep() -> None:
    one = trial(10, 20)
    assert (one.delay(95), one.delay(96)) == (0.02, 1.0)
    assert Trial(5, [], 0, 600, 0.0, 0.0).delay(95) == float("inf")
    assert "600 words missing" in str(Trial(5, [], 0, 600, 0.0, 0.0))


def test_medians_are_told_with_their_spread() -> None:
    found = {"off": [trial(n, 500) for n in (100, 50, 80)], "on": [trial(160, 500)]}
    assert list(_medians(found)) == [
        "batching off: 80 streams (median of 3, 50 to 100), 400 for each core's whole time",
        "batching on : 160 streams (median of 1, 160 to 160), 400 for each core's whole time",
    ]
