"""Scenes with a function or a value: what it yields and when, and what becomes of its sources."""

from __future__ import annotations

import pytest

from lesson_kit.scene import Call, Feed, Scene, Seen

from .grading import see

FEED = Feed(["a", "b", "c", "d"], thinking=1.0, gap=0.5)


def call(source: str, *args: object, uses: str = "f", **how: object) -> Seen:
    return see(source, Scene.model_validate({"uses": uses, "call": {"args": args, **how}}))


ECHO = "async def f(source):\n    async for x in source:\n        yield x.upper()\n"


def test_an_async_generator_s_values_come_with_their_times() -> None:
    seen = call(ECHO, FEED)
    assert seen.called.gave == "async generator"
    assert seen.values == ["A", "B", "C", "D"]
    assert seen.times == [1.0, 1.5, 2.0, 2.5]
    assert seen.sources[0].due == seen.sources[0].taken == seen.times
    assert seen.sources[0].ended


def test_a_reader_that_stops_early_closes_the_function_but_only_the_function_closes_its_source() -> (
    None
):
    careless = call(ECHO, FEED, stop_after=2)
    careful = call(
        "from contextlib import aclosing\nasync def f(source):\n    async with aclosing(source) as s:\n"
        "        async for x in s:\n            yield x\n",
        FEED,
        stop_after=2,
    )
    assert (careless.values, careless.sources[0].closed) == (["A", "B"], False)
    assert (careful.values, careful.sources[0].closed) == (["a", "b"], True)


def test_a_coroutine_s_and_a_plain_function_s_result_is_what_it_returns() -> None:
    counted = call("async def f(source):\n    return len([x async for x in source])\n", FEED)
    assert (counted.called.gave, counted.returned, counted.called.over) == ("coroutine", 4, 2.5)
    plain = call("def f(a, b):\n    return {'sum': a + b}\n", 1, 2)
    assert (plain.called.gave, plain.returned) == ("value", {"sum": 3})


def test_a_plain_generator_is_read_too() -> None:
    seen = call("def f(n):\n    for k in range(n):\n        yield k\n", 1000, stop_after=3)
    assert (seen.called.gave, seen.values) == ("generator", [0, 1, 2])


def test_named_arguments_can_be_sources() -> None:
    source = "async def f(*, a, b):\n    return [x async for x in a] + [x async for x in b]\n"
    seen = see(source, Scene(uses="f", call=Call(named={"a": FEED, "b": Feed([1, 2])})))
    assert seen.returned == ["a", "b", "c", "d", 1, 2]
    assert len(seen.sources) == 2


def test_values_are_due_whether_somebody_asks_or_not() -> None:
    slow = "import asyncio\nasync def f(source):\n    async for x in source:\n        await asyncio.sleep(1)\n        yield x\n"
    source = call(slow, FEED).sources[0]
    assert source.due == [1.0, 1.5, 2.0, 2.5]
    assert source.taken == [1.0, 2.0, 3.0, 4.0]


def test_a_slow_reader_waits_after_each_value() -> None:
    assert call(ECHO, FEED, read_delay=1.0).times == [1.0, 2.0, 3.0, 4.0]


def test_texts_that_are_yielded_together_have_their_lags() -> None:
    batch = "async def f(source):\n    held = []\n    async for x in source:\n        held.append(x)\n        if len(held) == 2:\n            yield held\n            held = []\n"
    seen = call(batch, Feed(["aa", "b", "ccc"], gap=0.5))
    assert seen.values == [["aa", "b"]]
    assert seen.lags() == [0.5, 0.0]
    assert list(seen.feeds[0].values) == ["aa", "b", "ccc"]
    assert call(ECHO, FEED).lags() == [0.0] * 4


def test_a_source_that_breaks_is_no_fault_of_the_answer() -> None:
    seen = call(ECHO, Feed(["a", "b"], error_at=1, error="gone"))
    assert seen.values == ["A"]
    assert (seen.troubles[0].message, seen.troubles[0].ours) == ("gone", True)
    assert seen.trouble() is None


def test_an_error_of_the_function_is_seen_with_its_line() -> None:
    trouble = call("def f():\n    x = 1\n    return x / 0\n").trouble()
    assert trouble
    assert (trouble.type, trouble.line, trouble.how) == ("ZeroDivisionError", 3, "raised")


def test_a_value_of_the_answer_is_read_as_plain_json() -> None:
    seen = see("CAUSES = {'One': 'no_yield', 2: ('a', {1}), 'x': object()}", Scene(uses="CAUSES"))
    assert seen.value == {"One": "no_yield", "2": ["a", [1]], "x": "<object>"}


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        ("float('nan')", "nan"),
        ("10**400", None),
        ("'\\ud800 half'", "? half"),
        ("'x' * 50_000", "x" * 20_000),
        ("type('E', (dict,), {})()", {}),
        ("b'bytes'", "<bytes>"),
    ],
)
def test_odd_values_become_bounded_ones(odd: str, read: object) -> None:
    value = see(f"X = {odd}", Scene(uses="X")).value
    assert value == read if read is not None else str(value).startswith("0x")


def test_a_value_that_holds_itself_ends() -> None:
    assert see("X = []\nX.append(X)", Scene(uses="X")).value is not None


def test_a_top_level_await_works_as_in_a_notebook() -> None:
    source = (
        "import asyncio\nasync def g():\n    await asyncio.sleep(1)\n    return 3\nX = await g()\n"
    )
    assert see(source, Scene(uses="X")).value == 3


def test_print_is_heard_and_bounded() -> None:
    seen = call("def f():\n    for k in range(10_000):\n        print('k', k, sep='=')\n")
    assert seen.printed.startswith("k=0\nk=1\n")
    assert len(seen.printed) <= 20_000


def test_an_async_function_that_forgot_its_async_is_told_apart() -> None:
    assert call("def f(source):\n    return source\n", FEED).called.gave == "async generator"
    assert call("def f(source):\n    return [1]\n", FEED).called.gave == "value"


CATCHES = "async def f(source):\n    try:\n        async for x in source:\n            yield x\n    except RuntimeError:\n        {}\n"


@pytest.mark.parametrize(("then", "raised"), [("raise", "RuntimeError"), ("pass", "")])
def test_whether_a_caught_error_comes_out_again_is_seen(then: str, raised: str) -> None:
    seen = call(CATCHES.format(then), Feed(["a", "b"], error_at=1))
    assert (seen.values, seen.called.raised) == (["a"], raised)


PUMP = """
import asyncio
async def f(source):
    values = asyncio.Queue()
    async def read():
        async for x in source:
            values.put_nowait(x)
    task = asyncio.create_task(read())
    try:
        while True:
            yield await values.get()
    finally:
        task.cancel()
"""


def test_a_task_that_was_cancelled_as_the_reader_left_has_closed_its_source() -> None:
    assert call(PUMP, FEED, stop_after=2).sources[0].closed


GROUP = """
import asyncio
async def f(source):
    async with asyncio.TaskGroup():
        async for x in source:
            yield x
"""


def test_a_task_group_round_a_yield_raises_when_it_is_closed() -> None:
    seen = call(GROUP, FEED, stop_after=2)
    assert (seen.values, seen.called.raised) == (["a", "b"], "BaseExceptionGroup")
