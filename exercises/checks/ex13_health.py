"""Exercise ex13: how the streams of a server do, in figures that mean what they say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Call, Scene, Seen

EXERCISE = Exercise(
    "ex13_health",
    title="Stream health",
    defines=["StreamHealth", "replay"],
    hints=(
        "Ask of each figure: of what, and divided by what? Failed *streams* of started *streams*. Deltas of the time in which "
        "text *flows*. And several streams run at the same time: what must you remember for each of them?",
        "A dict is enough: for each open stream the time at which it started, and the time of its newest delta (None at "
        "first). In `delta`, the newest delta's time is None: that was the wait for the first token. Else it is a gap. Keep "
        "two lists: first tokens, gaps. Test with `is None`: a time may be 0.0.",
        "`report`: `flowing = [gap for gap in self.gaps if gap <= PAUSE]`. The speed is `len(flowing) / sum(flowing)`, if the "
        "sum is above 0. The first token is `statistics.median(self.first_tokens)`, if there are any. For p95: "
        "`ordered = sorted(self.gaps)`, then `ordered[math.ceil(0.95 * len(ordered)) - 1]`, if there are any.",
    ),
)

PAUSE = 1.0
"""Seconds: a longer gap is a tool at work, or a stall, and no flowing text."""
NEAR = 0.02
"""How far a figure may be from the true one: this share of it."""
SLIP = 0.001
"""The same for a figure that tells which mistake was made: there are many such, and some are close together."""
NAMES = ("started", "active", "failed", "failed_share", "first_token_s", "deltas_per_second", "gap_p95_s")  # fmt: skip


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


@EXERCISE.scene
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


@EXERCISE.scene
def waiting_users(chance: Random) -> Scene:
    """Models that think for different times; one stream fails before its first word, one still waits for it."""
    waits = chance.sample([0.2, 0.3, 1.6], 3)
    waits.insert(1, round(chance.uniform(0.7, 0.9), 3))  # the median is not the newest
    streams = [answer("slow", 0.0, 9.0, some(chance, 0.04, 0.08, 20))]
    for k, wait in enumerate(waits):
        streams.append(answer(f"s{k}", 10 + 0.5 * k, wait, some(chance, 0.04, 0.08, 20)))
    dead, new = answer("dead", 0.2, -1, [], "failed"), answer("new", 13.0, -1, [], "")
    return told(chance, *streams, dead, new)


@EXERCISE.scene
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


@EXERCISE.scene
def uneven_text(chance: Random) -> Scene:
    """Gaps of four kinds: of a hundred, 90 are short, 3 are longer, 5 are pauses, 2 are long pauses."""
    gaps = [*some(chance, 0.04, 0.06, 180), *some(chance, 0.395, 0.405, 6)]
    gaps += [*some(chance, 1.99, 2.01, 10), *some(chance, 6.0, 9.0, 4)]
    chance.shuffle(gaps)
    streams = [answer(f"s{k}", 0.21 * k, 0.6, gaps[50 * k : 50 * k + 50]) for k in range(4)]
    return told(chance, *streams)


@EXERCISE.scene
def nothing_to_measure(chance: Random) -> Scene:
    """A clock that begins at 0: a report at once, one while a stream waits, one after an answer that came in one instant."""
    many = chance.randint(5, 30)
    log: list[Any] = [[0.0, "report", ""], [0.0, "started", "s0"], [0.0, "report", ""]]
    log += [[0.0, "delta", "s0"]] * many
    log += [[0.0, "report", ""], [0.5, "ended", "s0"], [9.0, "report", ""]]
    return Scene(uses="replay", call=Call([log]))


def log_of(seen: Seen) -> list[Any]:
    log = seen.scene.call.args[0] if seen.scene.call else []
    assert isinstance(log, list)
    return log


class Truth:
    """The figures of a log, by the book."""

    def __init__(self, log: list[Any]) -> None:
        self.began = {name: t for t, what, name in log if what == "started"}
        self.ended = [name for _, what, name in log if what in ("ended", "failed")]
        self.failed = sum(what == "failed" for _, what, _ in log)
        self.times: dict[str, list[float]] = {}
        for t, what, name in log:
            if what == "delta":
                self.times.setdefault(name, []).append(t)
        self.deltas = sum(map(len, self.times.values()))
        self.waits = [times[0] - self.began[name] for name, times in self.times.items()]
        self.gaps = [b - a for times in self.times.values() for a, b in pairwise(times)]
        self.flowing = [gap for gap in self.gaps if gap <= PAUSE]
        everything = sorted((t, name) for name, times in self.times.items() for t in times)
        first = {(times[0], name) for name, times in self.times.items()}
        # What those measure who do not tell streams apart: with first deltas, and without them.
        self.mixed = [b[0] - a[0] for a, b in pairwise(everything)]
        self.since_any = [b[0] - a[0] for a, b in pairwise(everything) if b not in first]
        self.elapsed = log[-1][0] - log[0][0]


def p95(gaps: list[float]) -> float:
    return sorted(gaps)[math.ceil(0.95 * len(gaps)) - 1]


def rate(gaps: list[float]) -> float:
    """The speed that the short ones of these gaps would make."""
    short = [gap for gap in gaps if gap <= PAUSE]
    return len(short) / sum(short)


def reports(seen: Seen) -> list[dict[str, Any]] | Miss:
    """The reports, each with all its figures; or what to say where there are none."""
    given = seen.returned
    wanted = sum(what == "report" for _, what, _ in log_of(seen))
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if len(found) != wanted:
        return Miss(
            expected=f"{wanted} reports, each a dict.",
            seen=f"{len(found)} came." if isinstance(given, list) else "replay() gave no list.",
            next_step="Return the dict at the end of report(). Leave replay as it is.",
        )
    for report in found:
        if missing := [name for name in NAMES if name not in report]:
            return Miss(
                expected=f"A report has {len(NAMES)} figures.",
                seen=f"{missing[0]!r} is missing.",
                next_step="Leave the last lines of report as they are.",
            )
    return found


def near(value: Any, wanted: float, share: float = NEAR) -> bool:
    """Whether a figure is the wanted one, but for rounding."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value - wanted) <= max(share * abs(wanted), 0.001)


def shown(value: Any) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)[:40]


def figure(
    seen: Seen, name: str, wanted: float, what: str, slips: list[tuple[float, str]], otherwise: str
) -> Miss | None:
    """One figure of the last report; `slips` are values that tell which mistake was made."""
    found = reports(seen)
    if isinstance(found, Miss):
        return found
    before, last = (report[name] for report in found[-2:])
    if near(before, wanted) and before == last:
        return None
    if near(before, wanted):
        return Miss(
            expected="Two reports at the same moment are the same.",
            seen=f"The first one says {name} {shown(before)}, the second one {shown(last)}.",
            next_step="A report only reads. Change nothing in it.",
        )
    if last == 0 and wanted and name.endswith(("_s", "_second")):
        slips = [(0.0, f"Which clock do you read? The time is self.now(), and nothing else. {otherwise}")]  # fmt: skip
    step = next((advice for value, advice in slips if near(last, value, SLIP)), otherwise)
    return Miss(
        expected=f"{name} is {what}, here {shown(wanted)}.",
        seen=f"It is {shown(last)}.",
        next_step=step,
    )


@EXERCISE.check("streams are counted", points=1, scene=failures)
def counted(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    began, ended = len(truth.began), len(truth.ended)
    wanted = (
        ("started", began, "the number of streams that began", "Count streams, not deltas."),
        ("active", began - ended, "the number of those that have not ended", "A stream that has ended, well or not, is not active."),
        ("failed", truth.failed, "the number of those that failed", "Count only those whose end came with failed=True. Who leaves early has not failed."),
    )  # fmt: skip
    checks = (figure(seen, name, number, what, [], advice) for name, number, what, advice in wanted)
    return next(filter(None, checks), None)


@EXERCISE.check("of all that started, so many failed", points=2, scene=failures)
def share(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (truth.failed / truth.deltas, "That is failures per delta: one failed stream of a hundred deltas would be 1 %. Divide by the streams that started."),
        (truth.failed / len(truth.ended), "Divide by all streams that started, not only by those that have ended."),
        (truth.failed / len(truth.times), "Streams that fail before their first delta count, too. Divide by all that started."),
        (100 * truth.failed / len(truth.began), "A share is between 0 and 1: leave the 100 out."),
    ]  # fmt: skip
    what = f"failed streams of started streams, {truth.failed} of {len(truth.began)}"
    return figure(
        seen,
        "failed_share",
        truth.failed / len(truth.began),
        what,
        slips,
        "Divide failed by started.",
    )


@EXERCISE.check("the first token stands apart", points=2, scene=waiting_users)
def first_token(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (statistics.fmean(truth.waits), "That is the average, and one very slow model moves it a lot. Take the median."),
        (truth.waits[-1], "That is one stream's. Keep all of them, and take the median."),
        (max(truth.waits), "That is the longest one. Take the median."),
        (min(truth.waits), "That is the shortest one. Take the median."),
    ]  # fmt: skip
    what = f"the median of {len(truth.waits)} waits for the first delta"
    otherwise = "Measure for each stream from its start to its first delta. A stream without a delta has no such wait."
    return figure(seen, "first_token_s", statistics.median(truth.waits), what, slips, otherwise)


@EXERCISE.check("the speed of text, while it flows", points=2, scene=tools_at_work)
def speed(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    flowing, all_gaps = sum(truth.flowing), sum(truth.gaps)
    waiting = "The wait before the first delta is in it: no text flows there. Add up the gaps between deltas only."
    pauses = f"The pauses are in it: leave out each gap of more than {PAUSE:g} s."
    slips = [
        (truth.deltas / truth.elapsed, "That is all deltas by all the time that passed, waiting too. Add up the gaps between deltas only."),
        (truth.deltas / (all_gaps + sum(truth.waits)), waiting),
        (truth.deltas / (flowing + sum(truth.waits)), waiting),
        (len(truth.flowing) / (flowing + sum(truth.waits)), waiting),
        (len(truth.gaps) / all_gaps, pauses),
        (truth.deltas / all_gaps, pauses),
        (truth.deltas / flowing, "There are more deltas than gaps. Divide the number of short gaps by their sum."),
        (flowing / len(truth.flowing), "That is seconds per delta. Turn it round."),
        (len(truth.flowing) / sum(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (len(truth.mixed) / sum(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.since_any), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.gaps + truth.waits), waiting),
    ]  # fmt: skip
    what = f"the {len(truth.flowing)} gaps of up to {PAUSE:g} s by their {flowing:.2f} s"
    otherwise = "Divide the number of short gaps by their sum. A gap is the time from one delta of a stream to its next."
    return figure(seen, "deltas_per_second", len(truth.flowing) / flowing, what, slips, otherwise)


@EXERCISE.check("the gap that 95 of 100 do not exceed", points=2, scene=uneven_text)
def tail(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (statistics.fmean(truth.gaps), "That is the average. It hides the few long gaps that users notice."),
        (statistics.median(truth.gaps), "That is the median. It hides the long gaps that users notice."),
        (max(truth.gaps), "That is the longest one: a single bad moment decides it. 5 of 100 may be longer."),
        (p95(truth.flowing), "The long gaps count here, too: users sit through them."),
        (p95(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (p95(truth.gaps + truth.waits), "The wait for the first token is no gap."),
    ]  # fmt: skip
    what = f"the 95th percentile of {len(truth.gaps)} gaps"
    otherwise = "Sort all gaps. The one at place ceil(0.95 * n), counted from 1, is it."
    return figure(seen, "gap_p95_s", p95(truth.gaps), what, slips, otherwise)


@EXERCISE.check("what cannot be known is None", points=1, scene=nothing_to_measure)
def unknown(seen: Seen) -> Miss | None:
    found = reports(seen)
    if isinstance(found, Miss):
        return found
    no_time = ("deltas_per_second",)
    wanted: list[tuple[str, tuple[str, ...], Callable[[dict[str, Any]], bool]]] = [
        ("Before the first stream", NAMES[3:], lambda report: report["started"] == 0),
        ("While the first stream waits", NAMES[4:], lambda report: near(report["failed_share"], 0)),
        (
            "When all deltas came in one instant",
            no_time,
            lambda report: near(report["first_token_s"], 0),
        ),
        ("After the end of that stream", no_time, lambda report: near(report["gap_p95_s"], 0)),
    ]
    for (when, names, known), report in zip(wanted, found, strict=True):
        if odd := [name for name in names if report[name] is not None]:
            return Miss(
                expected=f"{when} {odd[0]} is None.",
                seen=f"It is {shown(report[odd[0]])}: that looks like a measured figure, and nothing was measured.",
                next_step="Ask first whether there is anything to divide by, or to sort.",
            )
        if not known(report):
            return Miss(
                expected=f"{when} the other figures are there: the clock may well say 0.0, and a wait may be 0 s.",
                seen=f"started {shown(report['started'])}, failed_share {shown(report['failed_share'])}, "
                f"first_token_s {shown(report['first_token_s'])}, gap_p95_s {shown(report['gap_p95_s'])}.",
                next_step="Test times with `is None`: 0.0 is a time like any other, but `if time:` takes it for nothing.",
            )
    return None
