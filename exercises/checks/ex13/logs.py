"""The logs of ex13: streams that answer, fail, pause and wait."""

from __future__ import annotations

from random import Random
from typing import Any

from lesson_kit.scene import Call, Scene


def answer(
    name: str, begin: float, wait: float, gaps: list[float], end: str = "ended"
) -> list[Any]:
    """One stream's lines of the log; `end` is "ended", "failed", or "" for a stream that goes on."""
    lines, t = [[begin, "started", name]], begin + wait
    if wait >= 0:
        lines.append([t, "delta", name])
        for gap in gaps:
            t += gap
            lines.append([t, "delta", name])
    if end:
        lines.append([max(t, begin) + 0.25, end, name])
    return lines


def told(chance: Random, *streams: list[Any], began: float | None = None) -> Scene:
    """All streams in one log, in the order of time, on a clock that began long ago; two reports at its end."""
    origin = float(chance.randint(1000, 90_000)) if began is None else began
    log = sorted((line for stream in streams for line in stream), key=lambda line: line[0])
    log = [[round(origin + t, 6), what, name] for t, what, name in log]
    report = [log[-1][0] + 7.5, "report", ""]
    return Scene(uses="replay", call=Call([[*log, report, report]]))


def some(chance: Random, low: float, high: float, many: int) -> list[float]:
    return [round(chance.uniform(low, high), 3) for _ in range(many)]


def failures(chance: Random) -> Scene:
    """Streams that fail before their first word or after it, some that go on, and many that end well."""
    streams = []
    for number, end in enumerate(["failed"] * 3 + ["ended"] * chance.randint(5, 9) + [""] * 2):
        # The first two fail without a word; and one of the good ones ends without one: its user left.
        wait = -1.0 if number < 2 or number == 7 else 0.4
        streams.append(
            answer(f"s{number}", chance.uniform(0, 9), wait, [0.1] * chance.randint(5, 30), end)
        )
    return told(chance, *streams)


def waiting_users(chance: Random) -> Scene:
    """Models that think for different times; one stream fails before its first word, one still waits for it."""
    waits = chance.sample([0.2, 0.3, 1.6], 3)
    waits.insert(1, round(chance.uniform(0.7, 0.9), 3))  # the median is not the newest
    streams = [answer("slow", 0.0, 9.0, some(chance, 0.04, 0.08, 20))]
    for k, wait in enumerate(waits):
        streams.append(answer(f"s{k}", 10 + 0.5 * k, wait, some(chance, 0.04, 0.08, 20)))
    dead, new = answer("dead", 0.2, -1, [], "failed"), answer("new", 13.0, -1, [], "")
    return told(chance, *streams, dead, new)


def tools_at_work(chance: Random) -> Scene:
    """Text that flows, with pauses in it of many seconds, in streams that run at the same time."""
    streams = []
    for k in range(4):
        gaps = some(chance, 0.04, 0.08, 40)
        for place in chance.sample(range(12, 40), 2):
            gaps[place] = round(chance.uniform(4, 12), 3)
        # Two models think for less than a pause, and two for more; the texts of two flow at the same time.
        wait = round(chance.uniform(0.8, 0.95) if k < 2 else chance.uniform(3.0, 3.2), 3)
        streams.append(answer(f"s{k}", 0.02 * k, wait, gaps, "failed" if k == 2 else "ended"))
    return told(chance, *streams)


def uneven_text(chance: Random) -> Scene:
    """Gaps of four kinds: of a hundred, 90 are short, 3 are longer, 5 are pauses, 2 are long pauses."""
    gaps = [*some(chance, 0.04, 0.06, 180), *some(chance, 0.395, 0.405, 6)]
    gaps += [*some(chance, 1.99, 2.01, 10), *some(chance, 6.0, 9.0, 4)]
    chance.shuffle(gaps)
    streams = [answer(f"s{k}", 0.21 * k, 0.6, gaps[50 * k : 50 * k + 50]) for k in range(4)]
    return told(chance, *streams)


def nothing_to_measure(chance: Random) -> Scene:
    """A clock that begins at 0: a report at once, one while a stream waits, one after an answer that came in one instant."""
    many = chance.randint(5, 30)
    log: list[Any] = [[0.0, "report", ""], [0.0, "started", "s0"], [0.0, "report", ""]]
    log += [[0.0, "delta", "s0"]] * many
    log += [[0.0, "report", ""], [0.5, "ended", "s0"], [9.0, "report", ""]]
    return Scene(uses="replay", call=Call([log]))
