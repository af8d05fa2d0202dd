"""Malformed requests by the thousand: each is answered with a reason, none breaks the server."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.metrics import Meter
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.store import SQLStore
from lesson_kit.web import Guard, create_app
from tests.asking import create
from tests.conversation import other_tasks
from tests.malformed import Answer, Sent, call, requests
from tests.test_preconditions import Capable

pytestmark = pytest.mark.slow

GOOD = Sent("POST", "/chatkit", [(b"host", b"app"), (b"content-type", b"application/json")],
            [json.dumps(create()).encode()])  # fmt: skip
AT_ONCE = 20


Test = Callable[[list[Sent]], None]


def broken(examples: int, part: int = 0) -> Callable[[Test], Callable[[], None]]:
    """Run with so many lists of twenty requests, the same on every run (see conftest.py), others in each part."""
    several = given(st.lists(requests(), min_size=AT_ONCE, max_size=AT_ONCE))
    quick = settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip

    def decorate(test: Test) -> Callable[[], None]:
        decorated: Callable[[], None] = quick(several(test))
        return seed(part)(decorated) if quick.derandomize else decorated

    return decorate


def judge(sent: Sent, answer: Answer) -> None:
    assert answer.status < 500, answer.body
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert b"Traceback" not in answer.body
    if answer.status >= 400:
        if sent.leaves and not answer.body:
            return  # nobody reads it
        error = _strictly(answer.body)["error"]
        assert error["reason"]
        assert error["next_step"]
    elif answer.headers[b"content-type"].startswith(b"text/event-stream"):
        for event in answer.body.split(b"\n\n")[:-1]:
            assert _strictly(event.removeprefix(b"data: "))["type"]
    elif answer.headers[b"content-type"] == b"application/json":
        _strictly(answer.body)


def _strictly(body: bytes) -> Any:
    """Read JSON as a browser does, which knows no NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(body.decode("utf-8"), parse_constant=refuse)


async def survive(server: Any, sent: list[Sent], guard: Guard, seen: Counter[int]) -> None:
    """Send all; then a good request is answered as ever, and no task is left."""
    app = create_app(server, guard=guard)
    for one in sent:
        answer = await call(app, one)
        seen[answer.status] += 1
        judge(one, answer)
    answer = await call(app, GOOD)
    assert answer.status == 200
    last = _strictly(answer.body.split(b"\n\n")[-2].removeprefix(b"data: "))
    assert last["type"] == "thread.item.done"
    if hasattr(server, "drain"):
        await server.drain()
    assert other_tasks() == set()


@pytest.mark.parametrize("part", range(4))  # each short enough for a machine that is busy
def test_thousands_of_broken_requests_get_a_reason_and_harm_nobody(
    part: int, caplog: pytest.LogCaptureFixture
) -> None:
    seen: Counter[int] = Counter()

    @broken(examples=38, part=part)
    def each(sent: list[Sent]) -> None:
        server: Any = Capable(["x"], gap=0.0)
        server.meter = Meter()

        async def main() -> None:
            await server.stock()
            await survive(server, sent, Guard(body_limit=100_000), seen)

        clock.run(main())

    each()
    assert sum(seen.values()) >= 3000 / 4
    # An attack that never got past the first check would prove little.
    assert {200, 400, 403, 404, 405, 415, 431} <= set(seen)
    assert seen[200] > 30
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@broken(examples=5)
def test_a_hundred_of_them_meet_the_real_server_and_its_database(sent: list[Sent]) -> None:
    async def main() -> None:
        async with SQLStore("sqlite+aiosqlite:///:memory:") as store:
            model = Script.say("Hi", thinking=0.0, gap=0.0, then_repeat=True).model()
            await survive(LessonServer(store, model=model), sent, Guard(), Counter())

    clock.run(main())
