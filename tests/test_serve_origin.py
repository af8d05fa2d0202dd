"""Which pages may ask: the server's own, and no other site's unless it is named."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from lesson_kit import clock
from lesson_kit.web import LOOPBACK, Guard, Tokens
from tests.asking import JSON, ask, connect, on, refused
from tests.talker import Talker

LIST = on("threads.list")
EVIL, FRIEND = "https://evil.example", "https://course.example"


def request(method: str, path: str, headers: dict[str, str], **options: Any) -> httpx2.Response:
    async def main() -> httpx2.Response:
        async with connect(Talker(), **options) as http:
            return await http.request(method, path, headers=headers)

    return clock.run(main())


@pytest.mark.parametrize(
    "headers",
    [
        {},  # no browser
        {"Origin": "http://app"},
        {"Origin": "HTTP://APP"},
        {"Origin": "https://app"},  # a proxy in front speaks TLS
        {"Origin": "http://app", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"},  # a proxy in front
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_the_servers_own_page_and_whoever_is_no_browser_may_ask(headers: dict[str, str]) -> None:
    assert ask(Talker(), LIST, JSON | headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},  # a frame in a sandbox, a local file
        {"Origin": "http://app.evil.example"},
        {"Origin": "http://app:81"},
        {"Origin": "http://["},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://app", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://app:3000", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_may_not_ask(headers: dict[str, str]) -> None:
    response = ask(Talker(), LIST, JSON | headers)
    refused(response, 403, "a page of another site asks")
    assert [name for name in response.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_page_may_send_anywhere_without_asking_first_is_no_request(kind: str) -> None:
    """Also where the browser is too old to say whose page it is."""
    refused(ask(Talker(), json.dumps(LIST).encode(), {"Content-Type": kind}), 415, "content type")


@pytest.mark.parametrize("path", ["/chatkit", "/healthz", "/metrics", "/", "/nowhere"])
def test_cors_is_off_unless_a_site_is_named(path: str) -> None:
    ahead = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        response = request(method, path, ahead)
        assert [name for name in response.headers if name.startswith("access-control")] == []
        assert response.status_code != 204


def test_a_named_site_may_ask_and_read() -> None:
    guard, tokens = Guard(origins=frozenset({FRIEND})), Tokens("a" * 16)
    ahead = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
    response = request("OPTIONS", "/chatkit", ahead, guard=guard, tokens=tokens)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["access-control-allow-methods"] == "POST"
    assert response.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "access-control-allow-credentials" not in response.headers
    from_friend = JSON | {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}
    response = ask(
        Talker(),
        LIST,
        from_friend | {"Authorization": f"Bearer {'a' * 16}"},
        guard=guard,
        tokens=tokens,
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["vary"] == "Origin"
    response = ask(Talker(), LIST, from_friend, guard=guard, tokens=tokens)
    refused(response, 401, "no token came")  # which the page can read
    assert response.headers["access-control-allow-origin"] == FRIEND


def test_where_one_site_is_named_another_stays_out() -> None:
    guard = Guard(origins=frozenset({FRIEND}))
    ahead = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    response = request("OPTIONS", "/chatkit", ahead, guard=guard)
    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"
    response = ask(Talker(), LIST, JSON | {"Origin": EVIL}, guard=guard)
    refused(response, 403, "a page of another site asks: 'https://evil.example'")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "origin", ["*", "null", "course.example", "https://course.example/", "https://Course.example", "file:///x", ""]
)  # fmt: skip
def test_what_is_no_origin_cannot_be_allowed(origin: str) -> None:
    with pytest.raises(ValueError, match=r"An origin is like https://course\.example"):
        Guard(origins=frozenset({origin}))


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1:1", "[::1]", "[::1]:8000"]
)
def test_a_server_on_loopback_answers_to_its_own_names(host: str) -> None:
    guard = Guard(hosts=LOOPBACK)
    assert ask(Talker(), LIST, JSON | {"Host": host}, guard=guard).status_code == 200
    assert request("GET", "/", {"Host": host}, guard=guard).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:127.0.0.1", "[::2]", "[", "", "127.0.0.1@evil.example"]
)  # fmt: skip
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    """DNS rebinding: for the browser such a page is of the same origin."""
    guard = Guard(hosts=LOOPBACK)
    origin = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    refused(ask(Talker(), LIST, JSON | origin, guard=guard), 421, "this server is not called")
    for path in ("/", "/page/page.js", "/metrics"):
        refused(request("GET", path, {"Host": host}, guard=guard), 421, "not called")
    assert request("GET", "/healthz", {"Host": host}, guard=guard).status_code == 200


@pytest.mark.parametrize(
    "host", ["Course.example", "course.example:8000", "http://course.example", "course.example.", "*", ""]
)  # fmt: skip
def test_a_host_that_no_call_could_match_is_refused_at_once(host: str) -> None:
    with pytest.raises(
        ValueError, match=r"A host is like course\.example, 192\.0\.2\.1 or ::1, but"
    ):
        Guard(hosts=frozenset({host}))


def test_hosts_are_names_and_addresses() -> None:
    names = {
        "course",
        "course.example",
        "my_host",
        "192.0.2.1",
        "::1",
        "2001:db8::1",
        "fe80::1%eth0",
    }
    assert Guard(hosts=LOOPBACK | names).hosts == LOOPBACK | names
