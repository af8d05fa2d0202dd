"""How many streams one core serves while a token is less than 100 ms late: python -m tools.bench_streams --help

A server of its own process (so: one core) answers over real HTTP on loopback. Every word that its model says is the time
at which it was due, so the client needs only its own clock to know how late it came. The number of streams doubles
until too many words are late; then it is halved in between. It is a measurement and no test: it depends on the machine.
Whatever else runs there counts, too: compare medians of `--repeat 5`, and measure where it is calm.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lesson_kit import LessonServer, Reply, Script, create_app
from lesson_kit.serve import listen, serve
from lesson_kit.server import Batching

GAP = 0.05  # seconds between the words of one stream: 20 a second
THINKING = 1.0  # seconds before its first word
BUSY = 0.6  # of a core: who is late with less had no turn, and nothing was measured
_DELTA = re.compile(rb'"delta":"([0-9. ]+)"')
_BODY = json.dumps(
    {
        "type": "threads.create",
        "params": {
            "input": {
                "content": [{"type": "input_text", "text": "Hi"}],
                "attachments": [],
                "inference_options": {},
            }
        },
    }
).encode()


@dataclass(frozen=True)
class Trial:
    """What so many streams at once gave; delays in seconds, CPU as a share of one core."""

    streams: int
    delays: list[float]
    events: int
    missing: int  # words that never came
    server_cpu: float
    client_cpu: float

    def delay(self, percent: float) -> float:
        """The delay that so many percent of the words kept."""
        if not self.delays:
            return float("inf")
        return sorted(self.delays)[min(len(self.delays) - 1, int(len(self.delays) * percent / 100))]

    @property
    def a_core(self) -> float:
        """How many such streams would take a core's whole time."""
        return self.streams / self.server_cpu if self.server_cpu else 0.0

    def __str__(self) -> str:
        delays = " ".join(f"{self.delay(p) * 1000:7.1f}" for p in (50, 95, 99))
        return (
            f"{self.streams:7} {delays} {len(self.delays) / max(1, self.events):12.2f} "
            f"{self.server_cpu:10.0%} {self.client_cpu:10.0%} {self.a_core:14.0f}"
            f"{f'  {self.missing} words missing' * bool(self.missing)}"
        )


HEAD = "streams  p50 ms  p95 ms  p99 ms  words/event  server cpu client cpu streams/100 %"


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.serve:
        asyncio.run(_serve(options.serve == "on", options.words))
        return 0
    print(f"load average before: {_load()}; cores: {os.cpu_count()}; {1 / GAP:g} words/s a stream")
    ways = ("off", "on") if options.batching == "both" else (options.batching,)
    found: dict[str, list[Trial]] = {way: [] for way in ways}
    for _ in range(options.repeat):
        for way in ways:  # in turn, so that a machine that grows busier is unfair to none
            print(f"\nbatching {way}\n{HEAD}", flush=True)
            with _Server(way, options.words) as port:
                best = _search(options, functools.partial(_try, port, words=options.words))
            found[way].append(best)
            print(
                f"most streams with p{options.percent:g} < {options.limit * 1000:g} ms: {best.streams}"
            )
    print(f"\nload average after: {_load()}")
    for line in _medians(found):
        print(line)
    return 0


def _medians(found: dict[str, list[Trial]]) -> Iterator[str]:
    for way, trials in found.items():
        most = sorted(trial.streams for trial in trials)
        yield (
            f"batching {way:3}: {median(most):g} streams (median of {len(most)}, {most[0]} to {most[-1]}), "
            f"{median(trial.a_core for trial in trials):.0f} for each core's whole time"
        )


def _search(options: argparse.Namespace, attempt: Callable[[int], Trial]) -> Trial:
    """Find the trial with the most streams that keeps the limit; one of 0 streams when none does."""
    best, bad = Trial(0, [], 0, 0, 0.0, 0.0), options.most + 1
    streams = min(options.start, options.most)
    while bad - best.streams > max(1, best.streams // 8):  # closer is less than the noise
        trial = attempt(streams)
        print(trial, flush=True)
        if trial.delay(options.percent) < options.limit:
            best = trial
        else:
            bad = streams
            if trial.server_cpu + trial.client_cpu < BUSY:
                print(
                    "        late, and idle: something else held the processor; measure when it is calm"
                )
        doubled = min(best.streams * 2, options.most)
        streams = doubled if bad > options.most else (best.streams + bad) // 2
    return best


def _try(port: int, streams: int, *, words: int) -> Trial:
    return asyncio.run(_measure(port, streams, words))


async def _measure(port: int, streams: int, words: int) -> Trial:
    """Start the streams one after the other; measure while all of them speak."""
    began = time.monotonic()
    spread = words * GAP / 2  # the work of starting a stream is no part of the delay of a word
    readers = [asyncio.create_task(_read(port, n * spread / streams)) for n in range(streams)]
    first, last = began + spread + THINKING, began + words * GAP + THINKING
    await asyncio.sleep(first - time.monotonic())
    here, there = time.process_time(), await asyncio.to_thread(_clocks_of_server, port)
    await asyncio.sleep(last - time.monotonic())
    here_now, there_now = time.process_time(), await asyncio.to_thread(_clocks_of_server, port)
    read = [event for events in await asyncio.gather(*readers) for event in events]
    within = [(came, [due for due in dues if first <= due < last]) for came, dues in read]
    return Trial(
        streams,
        [came - due for came, dues in within for due in dues],
        sum(bool(dues) for _, dues in within),
        streams * words - sum(len(dues) for _, dues in read),
        (there_now[0] - there[0]) / (there_now[1] - there[1]),
        (here_now - here) / (last - first),
    )


async def _read(port: int, start_after: float) -> list[tuple[float, list[float]]]:
    """Ask, and read to the end: when each event of text came, and when its words were due."""
    await asyncio.sleep(start_after)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /chatkit HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(_BODY)}"
    writer.write(head.encode() + b"\r\nContent-Type: application/json\r\n\r\n" + _BODY)
    read = []
    async for line in reader:
        found = _DELTA.search(line)
        if found:
            read.append((time.monotonic(), [float(due) for due in found[1].split()]))
    writer.close()
    return read


async def _serve(batching: bool, words: int) -> None:
    def answer(question: str, call: object) -> Reply:
        first = time.monotonic() + THINKING
        return Reply([f"{first + n * GAP:.4f} " for n in range(words)], thinking=THINKING, gap=GAP)

    model = Script.answering(answer).model(record=False)
    server = LessonServer(
        model=model, max_turns=1_000_000, batching=Batching() if batching else None
    )
    app = create_app(server)

    async def clocks(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{time.process_time()} {time.monotonic()}")

    app.router.routes.append(Route("/clocks", clocks))
    taken = listen("127.0.0.1", 0)
    print(taken.getsockname()[1], flush=True)
    await serve(app, taken, server.stop_all)


class _Server:
    """The server in a process of its own, for the length of a `with`; gives its port."""

    def __init__(self, batching: str, words: int) -> None:
        self._words = words
        name = "tools.bench_streams"
        self._command = [sys.executable, "-m", name, "--serve", batching, "--words", str(words)]

    def __enter__(self) -> int:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        port = int(self._process.stdout.readline())
        _try(port, 1, words=self._words)  # the SDKs build their schemas on the first call
        return port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _clocks_of_server(port: int) -> tuple[float, float]:
    """Its processor's seconds, and the wall's."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/clocks") as response:
        cpu, wall = response.read().split()
    return float(cpu), float(wall)


def _load() -> str:
    return " ".join(f"{n:.1f}" for n in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench_streams", description=(__doc__ or "").partition(":")[0] + "."
    )
    parser.add_argument("--batching", choices=["off", "on", "both"], default="both")
    parser.add_argument(
        "--words", type=int, default=120, help="in each stream (default %(default)s)"
    )
    parser.add_argument("--start", type=int, default=25, help="streams (default %(default)s)")
    parser.add_argument("--most", type=int, default=1600, help="streams (default %(default)s)")
    parser.add_argument("--limit", type=float, default=0.1, help="seconds (default %(default)s)")
    parser.add_argument(
        "--percent", type=float, default=95, help="of words that keep the limit (default 95)"
    )
    parser.add_argument("--repeat", type=int, default=1, help="measure so often (default 1)")
    parser.add_argument("--serve", choices=["off", "on"], help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
