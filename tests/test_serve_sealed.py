"""What every answer carries, and what an unexpected error may show."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import httpx2
import pytest

import lesson_kit.web.app
from lesson_kit import clock
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.web.request_id import NameRequests
from lesson_kit.web.sealed import PAGE_POLICY
from tests.asking import ask, connect, create, events, get, on, refused
from tests.talker import Talker


def headers_of(response: httpx2.Response) -> dict[str, str]:
    names = ("x-content-type-options", "referrer-policy", "cross-origin-resource-policy")
    return {name: response.headers[name] for name in names}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log as `lesson-kit serve` writes it, with the request's id."""
    caplog.handler.addFilter(NameRequests())
    return caplog


@pytest.mark.parametrize(
    ("method", "path", "cached"),
    [("GET", "/", "no-cache"), ("GET", "/page/page.js", "no-cache"), ("GET", "/healthz", "no-store"),
     ("GET", "/metrics", "no-store"), ("GET", "/nowhere", "no-store"), ("PUT", "/chatkit", "no-store")],
)  # fmt: skip
def test_every_answer_closes_the_doors(method: str, path: str, cached: str) -> None:
    response = get(Talker(), path, method)
    assert headers_of(response) == {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert response.headers["cache-control"] == cached
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


def test_a_stream_closes_them_too_and_keeps_its_own_headers() -> None:
    response = ask(Talker(), create())
    assert headers_of(response)["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    for name in response.headers:
        assert len(response.headers.get_list(name)) == 1, name


def test_the_pages_policy_allows_itself_only_and_says_what_the_page_says_itself() -> None:
    response = get(Talker(), "/")
    assert response.headers["content-security-policy"] == PAGE_POLICY
    (written,) = re.findall(r'content="(default-src[^"]*)"', response.text)
    # A page cannot say of itself who may frame it: only the header can.
    assert f"{written}; frame-ancestors 'none'" == PAGE_POLICY


class Secretive(Talker):
    """Fails in `process`, or in mid-stream, with something that is nobody's business."""

    async def process(self, request: Any, context: Any) -> Any:
        raise RuntimeError("postgresql://admin:hunter2@db")


def test_an_unexpected_error_shows_its_id_and_nothing_else(log: pytest.LogCaptureFixture) -> None:
    for body in (create(), on("threads.list")):
        log.clear()
        response = ask(Secretive(), body)
        error = refused(response, 500, "the server failed: RuntimeError")
        request_id = response.headers["x-request-id"]
        assert error["next_step"].endswith(f"under request {request_id}.")
        assert "hunter2" not in response.text
        assert "Traceback" not in response.text
        (record,) = [record for record in log.records if record.exc_info]
        assert request_id in record.getMessage()
        assert vars(record)["request"] == request_id
        assert "hunter2" in log.text


def test_an_error_anywhere_else_is_a_500_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    refused(ask(Talker(), create(), context=broken), 500, "the server failed: ZeroDivisionError")
    monkeypatch.setattr(lesson_kit.web.app, "generate_latest", broken)
    refused(get(LessonServer(model=Script.say("x").model()), "/metrics"), 500, "ZeroDivisionError")


@pytest.mark.parametrize("where", ["respond", "store"])
def test_an_error_in_mid_stream_is_logged_under_the_id_that_the_client_has(
    where: str, log: pytest.LogCaptureFixture
) -> None:
    server = Talker()
    if where == "respond":
        server.fails = RuntimeError("hunter2")
    else:

        async def fail(*_: Any, **__: Any) -> None:
            raise OSError("hunter2")

        server.store.add_thread_item = fail  # type: ignore[method-assign]
    response = ask(server, create())
    assert events(response)[-1]["type"] == "error"
    assert "hunter2" not in response.text
    logged = [record for record in log.records if record.exc_info]
    assert logged
    assert {vars(record)["request"] for record in logged} == {response.headers["x-request-id"]}


def test_a_turn_in_a_task_of_its_own_logs_under_its_request(log: pytest.LogCaptureFixture) -> None:
    server = LessonServer(model=Script.say("Half of it", error="rate_limit", error_at=1).model())

    async def main() -> list[str]:
        async with connect(server) as http:
            return [
                (await http.post("/chatkit", json=create())).headers["x-request-id"] for _ in "ab"
            ]

    ids = clock.run(main())
    assert len(set(ids)) == 2
    logged = [
        vars(record)["request"] for record in log.records if record.levelno >= logging.WARNING
    ]
    assert set(logged) == set(ids)


def test_what_logs_outside_of_a_request_has_a_dash() -> None:
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "hello", (), None)
    assert NameRequests().filter(record)
    assert vars(record)["request"] == "-"


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "threads.list", "params": {}, "metadata": {"n": NaN}}',
        b'{"type": "threads.list", "params": {}, "metadata": {"n": -Infinity}}',
        json.dumps(create("one\0two")).encode(),
        json.dumps(on("threads.get_by_id", thread_id="thr\0")).encode(),
        json.dumps(on("threads.list") | {"metadata": {"a\0b": [1]}}).encode(),
    ],
)
def test_what_a_database_could_not_keep_is_refused_before_anything_is_stored(body: bytes) -> None:
    error = refused(ask(Talker(), body), 400, "the ")
    assert "U+0000" in error["reason"] or "no JSON" in error["reason"]


def test_words_that_look_like_it_are_just_words() -> None:
    response = ask(Talker(), create("NaN, Infinity and \\u0000 are words, and so is \\\\u0000"))
    assert response.status_code == 200
