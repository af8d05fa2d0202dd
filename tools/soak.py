"""Thousands of streams over real HTTP, most of them cut at random: python -m tools.soak --help

Each client asks on a thread of its own, and reads to the end, or closes its connection, or resets it, or sends a second
message in the middle of the answer. Afterwards the store must hold of every answer at least what its client had read,
and never a word that the model did not say; no task of the server may be left, and memory must not have grown.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import random
import re
import socket
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it comes without types

from lesson_kit import LessonServer, Reply, Script, SQLStore, create_app
from tools.served import on_uvicorn

KINDS = ("whole", "closed", "reset", "second message")
_THREAD = re.compile(rb'"thread":\{"id":"([^"]+)"|"id":"(thr_[^"]+)"')
_DELTA = re.compile(rb'"delta":"([^"]*)"')


@dataclass
class Report:
    """What became of the streams. `wrong` is a line for each answer that was not kept as it should be."""

    streams: int
    kinds: dict[str, int] = field(default_factory=dict)
    partials: int = 0
    wrong: list[str] = field(default_factory=list)
    tasks_left: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # MB in use after each tenth of the streams

    @property
    def good(self) -> bool:
        return not self.wrong and not self.tasks_left


@dataclass(frozen=True)
class Plan:
    """One client: what it asks, and after how many deltas it does what."""

    key: int
    kind: str
    after: int

    @property
    def text(self) -> str:
        """The whole answer of the model."""
        return words_for(f"q{self.key}")


def words_for(question: str) -> str:
    """What the model says: other words and another length for each question."""
    many = 5 + sum(question.encode()) % 20
    return "".join(f"{question}.{n} " for n in range(many))


def model() -> Any:
    """Make a model that speaks a word every 10 ms."""

    def answer(question: str, call: object) -> Reply:
        return Reply(re.findall(r"\S+ ", words_for(question)), thinking=0.02, gap=0.01)

    return Script.answering(answer).model(record=False)


def plan(key: int, chance: random.Random) -> Plan:
    kind = chance.choices(KINDS, weights=(2, 4, 3, 2))[0]
    return Plan(key, kind, chance.randint(0, 12))


async def soak(
    port: int,
    server: LessonServer,
    streams: int,
    *,
    at_once: int = 50,
    seed: int = 0,
    tell: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Run so many clients against the server of this process, which listens on `port`; then look at what is kept."""
    chance = random.Random(seed)
    plans = [plan(key, chance) for key in range(streams)]
    report = Report(streams, dict(Counter(one.kind for one in plans)))
    read: dict[int, Read] = {}
    room = asyncio.Semaphore(at_once)

    async def one(planned: Plan) -> None:
        async with room:
            read[planned.key] = await _play(port, planned)

    tenth = max(1, streams // 10)
    for start in range(0, streams, tenth):
        await asyncio.gather(*map(one, plans[start : start + tenth]))
        await server.drain()
        gc.collect()
        report.memory.append(round(psutil.Process().memory_info().rss / 2**20, 1))
        tell(report)
    for planned in plans:
        await judge(server.store, planned, read[planned.key], report)
    report.tasks_left = tasks_of_turns()
    return report


@dataclass
class Read:
    """What one client read of its answer before it left."""

    thread: str = ""
    text: str = ""


async def _play(port: int, planned: Plan) -> Read:
    seen = Read()
    stop = None if planned.kind == "whole" else planned.after
    question = f"q{planned.key}"
    reader, writer = await _ask(port, question)
    cut = await _read(reader, seen, stop)
    if cut and planned.kind == "second message" and seen.thread:
        second, other = await _ask(port, f"again{planned.key}", seen.thread)
        # The first answer goes on to be read: the server itself ends it.
        await asyncio.gather(_read(reader, seen, None), _read(second, Read(), None))
        await _close(other)
    if cut and planned.kind == "reset":
        linger = struct.pack("ii", 1, 0)  # close() then sends a reset and not the end of the stream
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    await _close(writer)
    return seen


async def _ask(port: int, text: str, thread: str = "") -> tuple[Any, Any]:
    message = {
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    }
    operation = "threads.add_user_message" if thread else "threads.create"
    params = {"input": message} | ({"thread_id": thread} if thread else {})
    body = json.dumps({"type": operation, "params": params}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /chatkit HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {len(body)}"
    writer.write(head.encode() + b"\r\nContent-Type: application/json\r\n\r\n" + body)
    return reader, writer


async def _read(reader: asyncio.StreamReader, seen: Read, stop: int | None) -> bool:
    """Read until so many deltas have come; False where the stream ended first."""
    deltas = 0
    if stop == 0 and seen.thread:
        return True
    async for line in reader:
        if not seen.thread and (found := _THREAD.search(line)):
            seen.thread = (found[1] or found[2]).decode()
        if found := _DELTA.search(line):
            seen.text += found[1].decode()
            deltas += 1
        if stop is not None and seen.thread and deltas >= stop:
            return True
    return False


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def judge(store: Any, planned: Plan, seen: Read, report: Report) -> None:
    """Look at what the store keeps of one client's answer, and note in the report what is wrong with it."""
    if not seen.thread:
        report.wrong.append(f"{planned}: no thread was made")
        return
    page = await store.load_thread_items(seen.thread, None, 50, "asc", {})
    answers = [
        "".join(part.text for part in item.content)
        for item in page.data
        if item.type == "assistant_message"
    ]
    first = next((text for text in answers if text.startswith(f"q{planned.key}.")), "")
    report.partials += bool(first) and first != planned.text
    if not planned.text.startswith(first):
        report.wrong.append(f"{planned}: the store holds words that the model never said")
    elif not first.startswith(seen.text):
        report.wrong.append(f"{planned}: read {len(seen.text)} characters, {len(first)} are kept")
    elif planned.kind == "whole" and first != planned.text:
        report.wrong.append(f"{planned}: read to the end, {len(first)} characters are kept")
    elif len(answers) > 2 or len(set(answers)) != len(answers):
        report.wrong.append(f"{planned}: {len(answers)} answers are kept, some of them twice")


def tasks_of_turns() -> list[str]:
    """Tasks of the kit and the SDKs; the HTTP server's own go on."""
    ours = ("lesson_kit", "chatkit", "agents")
    waiting = [repr(task) + repr(task.get_coro()) for task in asyncio.all_tasks()]
    return [one[:300] for one in waiting if any(f"/{package}/" in one for package in ours)]


async def _main(options: argparse.Namespace) -> Report:
    def tell(report: Report) -> None:
        share = len(report.memory) / 10
        print(f"{share:4.0%}  {report.memory[-1]:7.1f} MB", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'soak.sqlite'}"
        async with SQLStore(url) as store:
            server = LessonServer(store, model=model(), max_turns=10_000)
            async with on_uvicorn(create_app(server)) as address:
                return await soak(
                    int(address.rpartition(":")[2]),
                    server,
                    options.streams,
                    at_once=options.at_once,
                    seed=options.seed,
                    tell=tell,
                )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.soak", description=__doc__, epilog="example: --streams 2000"
    )
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = asyncio.run(_main(options))
    if options.json:
        print(json.dumps(asdict(report)))
    else:
        kinds = ", ".join(f"{many} {kind}" for kind, many in report.kinds.items())
        print(f"{report.streams} streams ({kinds}); {report.partials} partial answers in the store")
        print(f"memory in MB after each tenth: {report.memory}")
        print(*report.wrong[:20], *(f"still waits: {task}" for task in report.tasks_left), sep="\n")
        print("every answer is kept, no task is left" if report.good else "NOT as it should be")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
