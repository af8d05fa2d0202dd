"""Requests that went wrong on their way: strategies that break valid ChatKit requests, and an ASGI call that takes them.

No HTTP client would send most of these, so the app is called as a server calls it.
"""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from tests.asking import create, on

Headers = list[tuple[bytes, bytes]]
Draw = Callable[[st.SearchStrategy[Any]], Any]

# One valid request of each kind, on a store as `test_preconditions.Stocked` fills it.
VALID: list[dict[str, Any]] = [
    create("Why?"),
    create("Quoted", quoted_text="x", inference_options={"model": "m", "tool_choice": {"id": "t"}}),
    on("threads.add_user_message", thread_id="t1", **create()["params"]),
    on("threads.retry_after_item", thread_id="t1", item_id="user"),
    on("threads.add_structured_input", thread_id="t1", item_id="pending", input={}),
    on("threads.add_client_tool_output", thread_id="t1", result={"a": [1, 2.5, None]}),
    on("threads.custom_action", thread_id="t1", item_id="widget", action={"type": "a", "payload": {}}),
    on("threads.get_by_id", thread_id="t1"),
    on("threads.list", limit=5, order="asc", after=None),
    on("threads.update", thread_id="t1", title="New"),
    on("items.list", thread_id="t1", limit=2, order="desc"),
    on("items.feedback", thread_id="t1", item_ids=["user"], kind="positive"),
    on("input.transcribe", audio_base64="AAAA", mime_type="audio/webm"),
    on("attachments.create", name="a.txt", size=3, mime_type="text/plain"),
    on("attachments.delete", attachment_id="a1"),
    on("threads.delete", thread_id="t1"),
]  # fmt: skip
DEEP = json.loads("[" * 300 + "]" * 300)
JUNK: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 2**64, -(2**200), 10**4000, 1.5, 1e308, float("nan"), float("inf"), "", " ", "t1",
    "user", "\0", "\ud800", "a\udfffb", "\u202e", "é" * 50, "😀", "x" * 20_000, "' OR 1=1 --", "../../etc/passwd",
    "<script>", "%00", "\r\nX: y", [], [[]], {}, {"type": "a"}, {"": ""}, {"\ud800": 1}, [None] * 50, DEEP,
    {"type": "input_text", "text": 1}, {"$ref": "#"}, {"__class__": "x"},
]  # fmt: skip
CONTENT_TYPES = [
    b"application/json", b"application/json; charset=utf-8", b"text/plain", b"", b"application/json; charset=utf-16",
    b"multipart/form-data", b"\xff\xfe", b"application/json, text/plain", b";" * 50, b"application/x-www-form-urlencoded",
]  # fmt: skip
ODD_HEADERS: Headers = [
    (b"content-length", b"-1"), (b"content-length", b"9" * 40), (b"content-length", b"3"), (b"content-length", "²".encode()),
    (b"content-encoding", b"gzip"), (b"transfer-encoding", b"chunked"), (b"authorization", b"Bearer \xff\xfe"),
    (b"authorization", b"x" * 5000), (b"origin", b"null"), (b"origin", b"http://["), (b"origin", b"http://x"),
    (b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"\x00"), (b"host", b"["), (b"host", b""),
    (b"host", b"evil.example"), (b"host", b"\xff"), (b"x-forwarded-for", b"1.2.3.4"), (b"expect", b"100-continue"),
    (b"cookie", b"a=b; " * 100), (b"x-bomb", b"x" * 40_000), (b"upgrade", b"websocket"), (b"", b""), (b"\xff", b"\xff"),
]  # fmt: skip
PLACES = [
    ("GET", "/chatkit"), ("PUT", "/chatkit"), ("OPTIONS", "/chatkit"), ("HEAD", "/chatkit"), ("chatkit", "/chatkit"),
    ("POST", "/chatkit/"), ("POST", "//chatkit"), ("POST", "/CHATKIT"), ("POST", "/chatkit\0"), ("POST", "/"),
    ("GET", "/page/../app.py"), ("GET", "/page/\ud800"), ("GET", "/page/" + "x" * 9000), ("GET", "/page/é.js"),
    ("GET", "/metrics"), ("HEAD", "/metrics"), ("GET", "/healthz"), ("HEAD", "/"), ("GET", "*"), ("GET", ""),
    ("CONNECT", "evil.example:443"), ("M" * 200, "/"), ("TRACE", "/healthz"), ("GET", "/page/page.js"),
]  # fmt: skip


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: Headers
    chunks: list[bytes]
    leaves: bool = False


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


@st.composite
def requests(draw: Draw) -> Sent:
    """A valid request with up to three things wrong: in its tree, its text, its bytes, its headers, its address."""
    tree = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        _break_tree(draw, tree)
    body = _break_bytes(draw, _write(draw, tree))
    headers: Headers = [(b"host", b"app"), (b"content-type", b"application/json")]
    if draw(st.integers(0, 5)) == 0:
        headers[1] = (b"content-type", draw(st.sampled_from(CONTENT_TYPES)))
    if draw(st.integers(0, 3)) == 0:
        headers += [draw(st.sampled_from(ODD_HEADERS))] * draw(st.sampled_from([1, 2, 100]))
    method, path = "POST", "/chatkit"
    if draw(st.integers(0, 7)) == 0:
        method, path = draw(st.sampled_from(PLACES))
    size = draw(st.sampled_from([1 << 20, 1 << 20, 7, 64]))
    chunks = [body[i : i + size] for i in range(0, min(len(body), 200 * size), size)]
    return Sent(method, path, headers, chunks, leaves=draw(st.integers(0, 15)) == 0)


def _break_tree(draw: Draw, tree: Any) -> None:
    """Replace, drop or add something at any depth."""
    places = _places(tree)
    if not places:
        return
    holder, key = draw(st.sampled_from(places))
    act = draw(st.sampled_from(["replace", "replace", "replace", "drop", "add", "swap"]))
    if act == "replace":
        holder[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    elif act == "drop":
        del holder[key]
    elif act == "swap":
        holder[key] = {"a": holder[key]} if draw(st.booleans()) else [holder[key]]
    elif isinstance(holder, dict):
        names = ("thread_id", "item_id", "limit", "after", "metadata", "x", "type", "params")
        holder[draw(st.sampled_from(names))] = copy.deepcopy(draw(st.sampled_from(JUNK)))


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """List what a tree holds, at any depth: (holder, key)."""
    if not isinstance(tree, dict | list):
        return []
    keys = list(tree)[:20] if isinstance(tree, dict) else range(len(tree))[:20]
    found: list[tuple[Any, Any]] = [(tree, key) for key in keys]
    for key in keys:
        found += _places(tree[key])[:20]
    return found


def _write(draw: Draw, tree: Any) -> bytes:
    escaped = json.dumps(tree, ensure_ascii=draw(st.booleans()))
    how = draw(st.sampled_from(["plain"] * 6 + ["twice", "spaces", "utf-16", "latin-1", "gzip"]))
    if how == "twice":  # each key a second time, with another value
        escaped = escaped.replace('{"', '{"type": "threads.list", "', 1)
    if how == "spaces":
        escaped = "\n\t " * 2000 + escaped
    coding = how if how in ("utf-16", "latin-1") else "utf-8"
    data = escaped.encode(coding, "surrogatepass" if coding == "utf-8" else "replace")
    return gzip.compress(data, mtime=0) if how == "gzip" else data


def _break_bytes(draw: Draw, body: bytes) -> bytes:
    act = draw(st.sampled_from(["leave"] * 7 + ["cut", "insert", "flip", "repeat", "empty"]))
    at = draw(st.integers(0, len(body)))
    if act == "cut":
        return body[:at]
    if act == "insert":
        some: bytes = draw(st.binary(min_size=1, max_size=6))
        return body[:at] + some + body[at:]
    if act == "flip" and at < len(body):
        return body[:at] + bytes([body[at] ^ draw(st.integers(1, 255))]) + body[at + 1 :]
    if act == "repeat":
        return body * 2
    return b"" if act == "empty" else body


async def call(app: ASGIApp, sent: Sent) -> Answer:
    """Pass a request to the app as a server does, and collect the answer; an app that raises has failed."""
    incoming: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in sent.chunks
    ]
    if not sent.leaves:
        incoming.append({"type": "http.request", "body": b"", "more_body": False})
    incoming.reverse()
    over = asyncio.Event()
    outgoing: list[Message] = []

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        if not sent.leaves:
            await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        outgoing.append(message)
        await asyncio.sleep(0)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": sent.method,
        "headers": sent.headers, "scheme": "http", "path": sent.path, "raw_path": sent.path.encode("utf-8", "replace"),
        "query_string": b"a=%ff&b", "server": ("app", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    over.set()
    assert [message["type"] for message in outgoing[:1]] == ["http.response.start"]
    assert not outgoing[-1].get("more_body", False)
    body = b"".join(message.get("body", b"") for message in outgoing[1:])
    return Answer(outgoing[0]["status"], dict(outgoing[0]["headers"]), body)
