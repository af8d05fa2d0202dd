"""Records the same answer through nginx in three ways, for lesson 17: `python -m tools.record_nginx`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from lesson_kit import ChatClient, LessonServer, Recording, Script, create_app
from lesson_kit.serve import listen
from tools.nginx import HOW_TO_GET, find_nginx, nginx

__all__ = ["TEMPLATES", "record", "script"]

FOLDER = Path("notebooks/recordings")
TEMPLATES = ("buffering", "default", "streaming")


def script() -> Script:
    """The answer: 100 words, 25 a second."""
    return Script.say([f" word{n}" for n in range(1, 101)], thinking=0.5, gap=0.04)


async def record(template: str) -> Recording:
    """Ask once through nginx with this template of deploy/nginx."""
    app = create_app(LessonServer(model=script().model()))
    async with _served(app) as upstream:
        with nginx(template, upstream) as address:
            async with ChatClient.at(address) as client, client.send("Why stream?") as stream:
                async for _ in stream:
                    pass
    return stream.recording.normalised()


@contextlib.asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    with listen("127.0.0.1", 0) as taken:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        serving = asyncio.create_task(server._serve([taken]))  # serve() would take the signals
        while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
            await asyncio.sleep(0.01)
        yield f"127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        await serving


def main() -> int:
    if find_nginx() is None:
        print(HOW_TO_GET, file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    for template in TEMPLATES:
        path = FOLDER / f"nginx_{template}.jsonl"
        recording = asyncio.run(record(template))
        recording.save(path)
        print(f"{path}: {recording.deltas} deltas in {len(recording.bursts)} bursts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
