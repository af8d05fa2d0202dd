"""Records the same answer through nginx in three ways, for lesson 17: `python -m tools.record_nginx`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lesson_kit import ChatClient, LessonServer, Recording, Script, create_app
from tools.nginx import HOW_TO_GET, find_nginx, nginx
from tools.served import on_uvicorn

__all__ = ["TEMPLATES", "record", "script"]

FOLDER = Path("notebooks/recordings")
TEMPLATES = ("buffering", "default", "streaming")


def script() -> Script:
    """The answer: 100 words, 25 a second."""
    return Script.say([f" word{n}" for n in range(1, 101)], thinking=0.5, gap=0.04)


async def record(template: str) -> Recording:
    """Ask once through nginx with this template of deploy/nginx."""
    app = create_app(LessonServer(model=script().model()))
    async with on_uvicorn(app) as upstream:
        with nginx(template, upstream.removeprefix("http://")) as address:
            async with ChatClient.at(address) as client, client.send("Why stream?") as stream:
                async for _ in stream:
                    pass
    return stream.recording.normalised()


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
