"""The web app: what streams, what is JSON, health, metrics and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from agents import Agent
from chatkit.store import NotFoundError

import lesson_kit.web.app
from lesson_kit import clock
from lesson_kit.link import Link
from lesson_kit.metrics import Meter
from lesson_kit.server import LessonServer
from lesson_kit.web import RequestContext, create_app
from tests.asking import JSON, ask, create, events, get, on, refused
from tests.talker import Talker


def test_a_streaming_answer_has_the_headers_that_keep_proxies_from_buffering() -> None:
    response = ask(Talker(), create())
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.text.endswith("\n\n")


def test_what_does_not_stream_is_json() -> None:
    response = ask(Talker(), on("threads.list"))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"data": [], "has_more": False}


def test_the_server_learns_who_asks() -> None:
    server = Talker()
    ask(server, create())
    assert server.contexts == [RequestContext(client="127.0.0.1:50000")]


def test_a_context_of_ones_own_is_passed_on() -> None:
    server = Talker()
    ask(server, create(), context=lambda request: {"user": request.headers["x-user"]},
        headers=JSON | {"X-User": "eve"})  # fmt: skip
    assert server.contexts == [{"user": "eve"}]


def test_an_error_in_respond_is_an_error_event_and_no_cut() -> None:
    server = Talker()
    server.fails = ValueError("a bug")
    response = ask(server, create())
    assert response.status_code == 200
    assert events(response)[-1] == {"type": "error", "code": "stream.error", "allow_retry": True}


@pytest.mark.parametrize(
    ("error", "retry"), [(OSError("disk full"), True), (NotFoundError(), False)]
)
def test_an_error_of_the_store_in_mid_answer_is_an_error_event_and_no_cut(
    error: Exception, retry: bool
) -> None:
    """ChatKit logs it and raises it again, which would cut the body."""
    server = Talker()

    async def fail(*_: Any, **__: Any) -> None:
        raise error

    server.store.add_thread_item = fail  # type: ignore[method-assign]
    response = ask(server, create())
    assert response.status_code == 200
    assert events(response)[0]["type"] == "thread.created"
    assert events(response)[-1] == {"type": "error", "code": "stream.error", "allow_retry": retry}


def test_an_error_of_the_server_itself_is_a_500_with_a_reason_and_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Talker()

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("disk full")

    server.store.load_threads = broken  # type: ignore[assignment,method-assign]

    async def main() -> httpx2.Response:
        async with httpx2.AsyncClient(
            transport=Link(create_app(server)), base_url="http://app"
        ) as http:
            return await http.post("/chatkit", json=on("threads.list"))

    error = refused(clock.run(main()), 500, "the server failed: RuntimeError")
    assert "disk full" not in str(error)  # may name things that are nobody's business
    assert "disk full" in caplog.text


def test_health_is_told_with_the_model() -> None:
    server: Any = Talker()
    assert get(server, "/healthz").json() == {"status": "ok"}
    server.model_name = "offline"
    assert get(server, "/healthz").json() == {"status": "ok", "model": "offline"}
    server = LessonServer(agent=Agent(name="Own"))  # its model is what the SDK takes by default
    assert get(server, "/healthz").json()["model"].startswith("gpt-")


def test_metrics_are_prometheus_text() -> None:
    server = Talker()
    server.meter = Meter()  # type: ignore[attr-defined]
    server.meter.turn_started()  # type: ignore[attr-defined]
    response = get(server, "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "lesson_kit_active_turns 1.0\n" in response.text


def test_a_server_without_a_meter_says_so() -> None:
    refused(get(Talker(), "/metrics"), 404, "measures nothing")


def test_the_page_and_its_parts_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("index.html", "page.js", "panel.css", "icon.svg", "notes.txt"):
        (tmp_path / name).write_text(f"this is {name} ü", encoding="utf-8")
    monkeypatch.setattr(lesson_kit.web.app, "PAGE", tmp_path)
    types = {}
    for path in ("/", "/page/page.js", "/page/panel.css", "/page/icon.svg"):
        response = get(Talker(), path)
        assert response.text == f"this is {path.split('/')[-1] or 'index.html'} ü"
        assert response.headers["x-content-type-options"] == "nosniff"
        types[path] = response.headers["content-type"].split(";")[0]
    assert types == {
        "/": "text/html", "/page/page.js": "text/javascript", "/page/panel.css": "text/css",
        "/page/icon.svg": "image/svg+xml",
    }  # fmt: skip
    refused(get(Talker(), "/page/notes.txt"), 404, "GET /page/notes.txt")


@pytest.mark.parametrize(
    "path",
    ["/page/", "/page/../web.py", "/page/..%2fweb.py", "/page/%2e%2e/web.py", "/page/..\\web.py",
     "/page//etc/passwd", "/page/%00", "/page/.", "/page/no.js", "/page/a/page.js"],
)  # fmt: skip
def test_nothing_beside_the_page_is_served(path: str) -> None:
    refused(get(Talker(), path), 404, "GET ")


def test_the_package_holds_a_page() -> None:
    response = get(Talker(), "/")
    assert response.status_code == 200
    assert "<html" in response.text
