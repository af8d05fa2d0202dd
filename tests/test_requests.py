"""A body that is no ChatKit request is refused with a reason, whatever it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lesson_kit import clock
from lesson_kit.web import Guard
from tests.asking import JSON, ask, connect, create, get, on, refused, upload
from tests.talker import Talker


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON: EOF while parsing"),
        (b"nope", "no JSON: expected ident at line 1 column 2"),
        (b'{"type": ', "no JSON: EOF"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8: byte 0 is 0xff"),
        (b'{"type": "\xe4"}', "not UTF-8: byte 10 is 0xe4"),
        (b"\xef\xbb\xbf{}", "no JSON: expected value"),
        (b"[" * 100_000, "no JSON: recursion limit"),
        (b'{"type": "\\ud800"}', "no JSON"),
        (b"[]", "no operation"),
        (b"42", "no operation"),
        (b"null", "no operation"),
        (b"{}", "no operation"),
        ({"type": "threads.explode"}, "unknown operation 'threads.explode'"),
        ({"type": 5}, "unknown operation '5'"),
        ({"type": "threads.create"}, "the field threads.create.params is wrong: Field required"),
        (on("threads.get_by_id", thread_id=7), "the field threads.get_by_id.params.thread_id is wrong"),
        (on("threads.list", order="up"), "threads.list.params.order is wrong"),
        (on("threads.list", limit=-1), "params.limit is -1"),
        (on("threads.list", limit=10**18), "params.limit is 1000000000000000000"),
        (on("items.list", thread_id="t1", limit=-1), "params.limit is -1"),
        (create(content=[{"type": "input_image"}]), "input.content.0 is wrong"),
        (create(attachments="a"), "input.attachments is wrong"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_with_the_place(body: Any, reason: str) -> None:
    refused(ask(Talker(), body), 400, reason)


def test_an_unknown_operation_is_told_the_known_ones() -> None:
    error = refused(ask(Talker(), {"type": "x"}), 400, "unknown operation")
    assert "threads.create, threads.add_user_message" in error["expected"]


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=latin-1", "application/jsonp", ";;;"],
)  # fmt: skip
def test_another_content_type_is_refused(content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    refused(ask(Talker(), json.dumps(create()).encode(), headers), 415, "content type")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"'],
)
def test_json_is_accepted_however_it_is_written(content_type: str) -> None:
    assert ask(Talker(), on("threads.list"), {"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Length": "10"}, {"Content-Length": "-1"}, {"Content-Length": "9" * 30}],
)
def test_too_large_a_body_is_refused_whatever_its_length_says(headers: dict[str, str]) -> None:
    response = ask(Talker(), upload(5000), JSON | headers, guard=Guard(body_limit=4000))
    error = refused(response, 413, "the body has")
    assert error["expected"] == "at most 4000 bytes"


@pytest.mark.parametrize(("size", "gap"), [(10**9, 0.0), (2000, 60.0)])
def test_a_body_without_end_is_not_read_to_the_end(size: int, gap: float) -> None:
    """What is refused is still read, so that the answer arrives; but not for ever."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(0, size, 1000):
            taken += 1000
            yield b"x" * 1000 * 1000
            await asyncio.sleep(gap)

    refused(ask(Talker(), endless(), JSON, guard=Guard(body_limit=4000)), 413, "the body has")
    assert taken < 10**5


def test_a_body_of_just_the_limit_is_read() -> None:
    body = json.dumps(on("threads.list")).encode()
    assert ask(Talker(), body, guard=Guard(body_limit=len(body))).status_code == 200
    refused(ask(Talker(), body, guard=Guard(body_limit=len(body) - 1)), 413, "bytes")


def test_the_limit_is_one_mebibyte_unless_set() -> None:
    spaces = b" " * (2**20 - 100)
    body = json.dumps(on("threads.list")).encode()
    assert ask(Talker(), spaces + body).status_code == 200
    refused(ask(Talker(), spaces + body + b" " * 100), 413, "bytes")


def test_a_sender_who_leaves_in_mid_body_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"type"'
        await asyncio.sleep(9)

    async def main() -> None:
        async with connect(Talker()) as http:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await http.post("/chatkit", content=half(), headers=JSON)

    clock.run(main())
    assert [record for record in caplog.records if record.levelname not in ("INFO", "DEBUG")] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/chatkit", 405, "POST"), ("DELETE", "/chatkit", 405, "POST"),
        ("POST", "/healthz", 405, "GET, HEAD"), ("POST", "/", 405, "GET, HEAD"),
        ("GET", "/chatkit/", 404, None), ("POST", "/nowhere", 404, None),
    ],
)  # fmt: skip
def test_a_wrong_method_or_path_is_refused(
    method: str, path: str, status: int, allow: str | None
) -> None:
    response = get(Talker(), path, method)
    refused(response, status, f"{method} {path}")
    assert sorted((response.headers.get("allow") or "").split(", ")) == sorted(
        (allow or "").split(", ")
    )
