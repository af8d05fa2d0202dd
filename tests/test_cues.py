"""When each delta is due: a pure calculation."""

from itertools import pairwise

import pytest

from lesson_kit.script import Reply, Script
from lesson_kit.script.cues import Cue, Performance, due_times


def test_delta_k_is_due_at_thinking_plus_k_gaps() -> None:
    assert due_times(Reply("a b c", thinking=1.0, gap=0.05)) == [1.0, 1.05, 1.1, 1.1]


def test_gaps_may_differ() -> None:
    assert due_times(Reply("a b c", thinking=0.5, gap=[2, 0])) == [0.5, 2.5, 2.5, 2.5]


def test_a_hundred_thousand_gaps_do_not_drift() -> None:
    due = due_times(Reply(["x"] * 100_001, thinking=0, gap=0.1))
    assert due[-1] == 10_000.0
    assert due[12_345] == 1_234.5


def test_a_reply_without_text_ends_after_its_thinking() -> None:
    assert due_times(Reply(thinking=2)) == [2.0]


def test_a_burst_waits_for_its_last_delta_and_ends_at_the_same_time() -> None:
    smooth = Reply("a b c d e f g", thinking=1, gap=0.1)
    bursts = Reply("a b c d e f g", thinking=1, gap=0.1, burst=3)
    assert due_times(bursts) == [1.2, 1.2, 1.2, 1.5, 1.5, 1.5, 1.6, 1.6]
    assert due_times(smooth)[-1] == due_times(bursts)[-1]


def test_a_burst_larger_than_the_reply_gives_all_at_its_end() -> None:
    assert due_times(Reply("a b c", gap=0.1, burst=100)) == [1.2] * 4


def test_a_stall_moves_all_that_comes_after_it() -> None:
    reply = Reply("a b c d", thinking=1, gap=0.1, stall_at=2, stall_for=10)
    assert due_times(reply) == [1.0, 1.1, 11.2, 11.3, 11.3]


@pytest.mark.parametrize("seed", range(50))
def test_events_come_in_order_of_time_and_number(seed: int) -> None:
    reply = Script.random(seed, faults=True).replies[0]
    cues = list(Performance(reply, 1, 0).cues())
    before_fault: list[Cue] = []
    for cue in cues:
        if cue.fault:
            break
        before_fault.append(cue)
    assert all(earlier.at <= later.at for earlier, later in pairwise(before_fault))
    numbers = [cue.event.sequence_number for cue in before_fault if cue.event]
    assert numbers == list(range(len(numbers)))
    told = "".join(cue.delta or "" for cue in before_fault)
    assert reply.text.startswith(told)
