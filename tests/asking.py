"""Requests to a web app in virtual time, and what a refusal looks like."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from lesson_kit import clock
from lesson_kit.link import Link
from lesson_kit.web import create_app

JSON = {"Content-Type": "application/json"}


@contextlib.asynccontextmanager
async def connect(server: Any, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
    link = Link(create_app(server, **options))
    async with httpx2.AsyncClient(transport=link, base_url="http://app", timeout=None) as http:
        yield http
        await link.drain()
        assert link.errors == []


def ask(server: Any, body: Any, headers: dict[str, str] = JSON, **options: Any) -> httpx2.Response:
    """One POST to /chatkit, in virtual time."""

    async def main() -> httpx2.Response:
        if hasattr(server, "stock"):
            await server.stock()
        async with connect(server, **options) as http:
            content = (
                body if isinstance(body, bytes) or hasattr(body, "__aiter__") else json.dumps(body)
            )
            return await http.post("/chatkit", content=content, headers=headers)

    return clock.run(main())


def get(server: Any, path: str, method: str = "GET") -> httpx2.Response:
    async def main() -> httpx2.Response:
        async with connect(server) as http:
            return await http.request(method, path)

    return clock.run(main())


def refused(response: httpx2.Response, status: int, reason: str) -> dict[str, str]:
    """Check that an answer is a refusal with all three parts; give them."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    error: dict[str, str] = response.json()["error"]
    assert set(error) == {"reason", "expected", "next_step"}
    assert all(error.values())
    assert reason in error["reason"]
    return error


def create(text: str = "Hi", **more: Any) -> dict[str, Any]:
    message = {
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    }
    return {"type": "threads.create", "params": {"input": message | more}}


def on(operation: str, **params: Any) -> dict[str, Any]:
    return {"type": operation, "params": params}


async def upload(size: int, piece: int = 1000) -> AsyncIterator[bytes]:
    for _ in range(0, size, piece):
        yield b"x" * piece


def events(response: httpx2.Response) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in response.text.split("\n\n") if line]
